"""`python -m model`: the command line, as `charlstm` installs it."""

import sys

from model.cli import main

sys.exit(main())
