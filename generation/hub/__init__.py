"""Models on the hub: which files one needs, what is here already, and how the rest comes.

No network is used for a model that is here. The hub's library is imported where it is needed only.
"""

from generation.hub.cache import cached_folder, is_cached, is_hub_id
from generation.hub.download import download, fetch, size_of

__all__ = ["cached_folder", "download", "fetch", "is_cached", "is_hub_id", "size_of"]
