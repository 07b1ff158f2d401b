"""The objects that own a task: the hub, its rooms, their members."""
