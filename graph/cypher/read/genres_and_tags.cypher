// Every genre and tag by id and name.
MATCH (n:Genre|Tag)
RETURN CASE WHEN n:Genre THEN 'Genre' ELSE 'Tag' END AS label, n.id AS id,
       coalesce(n.name, n.id) AS name
ORDER BY id
