// Labels and properties of some nodes, without the vectors.
MATCH (n) WHERE elementId(n) IN $nodes
RETURN elementId(n) AS node, labels(n)[0] AS label, n {.*, embedding: null} AS properties
