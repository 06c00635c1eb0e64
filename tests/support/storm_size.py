"""How large storms are: those of every run are small, those that figures are quoted of are not."""

import os

IS_FULL = bool(os.environ.get("RONDE_STORM_FULL"))
SOAK_S = float(os.environ.get("RONDE_SOAK_S", "600" if IS_FULL else "60"))
