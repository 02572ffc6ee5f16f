// The titles nearest to a title, by the vector index on the embeddings.
//
// :param title => "50"  // string: the title's id (find-titles finds it)
// :param rows => 10     // integer, optional: at most so many titles
//
// One row a title, nearest first. similarity is the cosine of the two embeddings: people who watch
// one tend to watch the other. (The index finds them by rounded vectors, so its own score is a
// little off; this one is not.) genres_shared of 0 beside a high similarity is a tie of audience
// alone; why-near explains a pair.
MATCH (from:Title {id: $title}) WHERE from.embedding IS NOT NULL
CALL db.index.vector.queryNodes('title_embedding', $rows + 1, from.embedding) YIELD node
WITH from, node, 2 * vector.similarity.cosine(from.embedding, node.embedding) - 1 AS similarity
WHERE node <> from
RETURN node.id AS title, node.name AS name, node.year AS year, round(similarity, 3) AS similarity,
       COUNT { (from)-[:HAS_GENRE]->(:Genre)<-[:HAS_GENRE]-(node) } AS genres_shared
ORDER BY similarity DESC, title
LIMIT $rows
