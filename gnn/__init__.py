"""From graph to embeddings: tensors, model, training, metrics and the refresh job."""

import warnings

# PyG compiles with torch.jit on import, which PyTorch deprecates: nothing a user could act on.
warnings.filterwarnings("ignore", "`torch.jit.script` is deprecated", FutureWarning)
