// Embeddings of a batch of Person nodes; none where it is null.
UNWIND $rows AS row
MATCH (n:Person {id: row.id})
SET n.embedding = null  // an earlier model's lies in another space
WITH n, row WHERE row.embedding IS NOT NULL
CALL db.create.setNodeVectorProperty(n, 'embedding', row.embedding)
