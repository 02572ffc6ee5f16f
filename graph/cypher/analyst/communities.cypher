// The communities of taste, and the titles most of their members watched.
//
// :param titles => 5  // integer, optional: at most so many titles a community
//
// One row a community, largest first. community is the id that other queries take (its last part,
// such as "0", is enough). For what sets a community apart, ask community-watches.
MATCH (c:Community)
CALL (c) {
  MATCH (c)<-[:MEMBER_OF]-(u:User)-[:INTERACTED]->(t:Title)
  WITH t, count(u) AS watchers ORDER BY watchers DESC, t.id LIMIT $titles
  RETURN collect(t.name) AS most_watched
}
RETURN c.id AS community, c.name AS name, c.size AS members, most_watched
ORDER BY members DESC, community
