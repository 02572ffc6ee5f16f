"""From graph to embeddings: tensors, model, training, metrics and the refresh job."""
