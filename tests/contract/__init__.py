"""One set of scenarios for every surface; a package, so that its bot stops after the last one."""
