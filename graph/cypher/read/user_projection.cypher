// Pairs of users and the number of titles both watched, from titles that few enough watched: a
// title that everybody watched ties everybody to everybody, and says nothing.
MATCH (t:Title) WHERE COUNT { (t)<-[:INTERACTED]-(:User) } <= $most
MATCH (a:User)-[x:INTERACTED]->(t)<-[y:INTERACTED]-(b:User)
WHERE a.id < b.id AND x.thumb >= 0 AND y.thumb >= 0
WITH a, b, count(t) AS shared WHERE shared >= $least
RETURN a.id AS one, b.id AS other, shared
ORDER BY shared DESC, one, other LIMIT $edges
