"""The GraphQL contract. The vocabulary gets its names and labels first, whichever module is imported first."""

from schema import enums

__all__ = ["enums"]
