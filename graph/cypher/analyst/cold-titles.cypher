// Titles hardly anyone has watched, and the well-known titles nearest to each.
//
// :param most => 3    // integer, optional: a title is cold up to so many watchers
// :param known => 50  // integer, optional: and well known from so many on
// :param rows => 20   // integer, optional: at most so many cold titles
//
// One row a cold title. near names up to three well-known titles among the fifty nearest by the
// vector index: the audience it could be tried on. An empty list means that only other little-known
// titles are near, or that it has no embedding yet.
MATCH (t:Title)
WITH t, COUNT { (t)<-[:INTERACTED]-(:User) } AS watchers WHERE watchers <= $most
ORDER BY watchers, t.id LIMIT $rows
CALL (t) {
  WITH t WHERE t.embedding IS NOT NULL
  CALL db.index.vector.queryNodes('title_embedding', 50, t.embedding) YIELD node, score
  WITH node, score WHERE node <> t AND COUNT { (node)<-[:INTERACTED]-(:User) } >= $known
  ORDER BY score DESC, node.id LIMIT 3
  RETURN collect(node.name) AS near
}
RETURN t.id AS title, t.name AS name, t.year AS year, watchers, near
ORDER BY watchers, title
