// Every artwork and what it depicts; a row an artwork.
MATCH (a:Artwork)
RETURN a.id AS id, a.uri AS uri,
       COLLECT { MATCH (a)-[:DEPICTS]->(n:Genre) RETURN n.id } AS genres,
       COLLECT { MATCH (a)-[:DEPICTS]->(n:Tag) RETURN n.id } AS tags,
       COLLECT { MATCH (a)-[:DEPICTS]->(n:Person) RETURN n.id } AS people
