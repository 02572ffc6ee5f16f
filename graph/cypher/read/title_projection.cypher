// Pairs of titles and the number of users who watched both, from users who watched few enough: one
// who watched everything ties everything to everything.
MATCH (u:User) WHERE COUNT { (u)-[:INTERACTED]->(:Title) } <= $most
MATCH (a:Title)<-[x:INTERACTED]-(u)-[y:INTERACTED]->(b:Title)
WHERE a.id < b.id AND x.thumb >= 0 AND y.thumb >= 0
WITH a, b, count(u) AS shared WHERE shared >= $least
RETURN a.id AS one, b.id AS other, shared
ORDER BY shared DESC, one, other LIMIT $edges
