import os

import matplotlib as mpl
from hypothesis import settings

# Tests see rendered faces, and the smallest run; only `make bench` and `make race` name another.
os.environ.setdefault("CNNLAB_PROFILE", "smoke")
os.environ |= {"CNNLAB_DATA": "", "CNNLAB_VGG16": ""}
mpl.use("Agg")
# On a busy machine any example may take long: time is no property of what is tested.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
