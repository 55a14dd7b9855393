"""Measurements: `make bench` prints them and writes them as JSON."""
