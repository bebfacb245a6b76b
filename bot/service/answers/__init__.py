"""What each command and each button is answered with."""
