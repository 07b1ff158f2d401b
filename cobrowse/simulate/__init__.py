"""Replays recorded click-streams as real shoppers against a running server, and compares every cart afterwards."""
