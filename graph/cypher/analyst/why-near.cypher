// Why two titles are near each other: what they have in common.
//
// :param title => "50"   // string: a title's id
// :param other => "181"  // string: another title's id
//
// One row. similarity is the cosine of the embeddings; genres, tags and people are those of both;
// watched_both counts the users who watched both, and overlap is that over the users who watched
// either (Jaccard). Nothing in common but a high overlap: they are near by audience alone.
MATCH (a:Title {id: $title}), (b:Title {id: $other})
RETURN a.name AS title, b.name AS other,
       round(vector.similarity.cosine(a.embedding, b.embedding) * 2 - 1, 3) AS similarity,
       COLLECT { MATCH (a)-[:HAS_GENRE]->(g)<-[:HAS_GENRE]-(b) RETURN g.name ORDER BY g.name }
         AS genres,
       COLLECT { MATCH (a)-[:HAS_TAG]->(g)<-[:HAS_TAG]-(b) RETURN g.name ORDER BY g.name } AS tags,
       COLLECT {
         MATCH (a)<-[:ACTED_IN|DIRECTED|CREATED]-(p:Person)-[:ACTED_IN|DIRECTED|CREATED]->(b)
         RETURN DISTINCT p.name ORDER BY p.name
       } AS people,
       COUNT { (a)<-[:INTERACTED]-(:User)-[:INTERACTED]->(b) } AS watched_both,
       round(1.0 * COUNT { (a)<-[:INTERACTED]-(:User)-[:INTERACTED]->(b) }
         / COUNT { MATCH (u:User)
                   WHERE EXISTS { (u)-[:INTERACTED]->(a) } OR EXISTS { (u)-[:INTERACTED]->(b) } },
         3) AS overlap
