import os

import matplotlib as mpl
from hypothesis import settings

# Tests see the smallest run on rendered faces, whatever the shell that starts them has set.
os.environ |= {"CNNLAB_PROFILE": "smoke", "CNNLAB_DATA": "", "CNNLAB_VGG16": ""}
mpl.use("Agg")
# On a busy machine any example may take long: time is no property of what is tested.
settings.register_profile("no deadline", deadline=None)
settings.load_profile("no deadline")
