"""The version of archgym."""

from importlib.metadata import version

VERSION = version("archgym")
