// Titles whose name contains some text, whatever the case: this is how to find an id.
//
// :param text => "star"  // string: part of the name
// :param rows => 20      // integer, optional: at most so many titles
//
// One row a title, most watched first.
MATCH (t:Title) WHERE toLower(t.name) CONTAINS toLower($text)
RETURN t.id AS title, t.name AS name, t.year AS year,
       COLLECT { MATCH (t)-[:HAS_GENRE]->(g:Genre) RETURN g.name ORDER BY g.name } AS genres,
       COUNT { (t)<-[:INTERACTED]-(:User) } AS watchers
ORDER BY watchers DESC, title
LIMIT $rows
