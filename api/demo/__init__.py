"""The demo city: an exercise realm that lives through the same use-cases as a real one."""

from api.demo.city import City

__all__ = ["City"]
