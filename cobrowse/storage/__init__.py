"""What outlives the process: the rooms' log and everything read from it. Functions that take a connection."""
