import os

import matplotlib as mpl

# Tests see the smallest run on rendered faces, whatever the shell that starts them has set.
os.environ |= {"CNNLAB_PROFILE": "smoke", "CNNLAB_DATA": "", "CNNLAB_VGG16": ""}
mpl.use("Agg")
