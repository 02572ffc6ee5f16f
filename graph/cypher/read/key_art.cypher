// Every title with its genres, whether it has a picture that Playbill did not draw, and the ids of
// those that Playbill drew and that it wears.
MATCH (t:Title)
RETURN t.id AS id,
       COLLECT { MATCH (t)-[:HAS_GENRE]->(g:Genre) RETURN g.id } AS genres,
       EXISTS {
         MATCH (t)-[:HAS_ARTWORK]->(a:Artwork) WHERE NOT a.id STARTS WITH 'keyart/'
       } AS has_own,
       COLLECT {
         MATCH (t)-[:HAS_ARTWORK]->(a:Artwork) WHERE a.id STARTS WITH 'keyart/' RETURN a.id
       } AS worn
