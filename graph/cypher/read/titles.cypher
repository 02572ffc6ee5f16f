// Every title with its properties and the ids of what surrounds it; a row a title.
MATCH (t:Title)
RETURN t.id AS id, coalesce(t.name, t.id) AS name, t.kind AS kind, t.year AS year,
       t.maturity AS maturity, t.runtime AS runtime, coalesce(t.countries, []) AS countries,
       t.available_from AS available_from, t.available_until AS available_until,
       COLLECT { MATCH (t)-[:HAS_GENRE]->(g:Genre) RETURN g.id } AS genres,
       COLLECT { MATCH (t)-[:HAS_TAG]->(g:Tag) RETURN g.id } AS tags,
       COLLECT { MATCH (t)<-[:ACTED_IN|DIRECTED|CREATED]-(p:Person) RETURN DISTINCT p.id } AS people,
       COLLECT { MATCH (t)<-[:DIRECTED|CREATED]-(p:Person) RETURN DISTINCT p.id } AS makers,
       COLLECT { MATCH (t)<-[:DIRECTED]-(p:Person) RETURN p.id } AS directors,
       COLLECT { MATCH (t)<-[:ACTED_IN]-(p:Person) RETURN p.id } AS cast,
       COLLECT { MATCH (t)-[:HAS_ARTWORK]->(a:Artwork) RETURN a.id } AS artworks
