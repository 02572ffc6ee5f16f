// Every user and, in columns, all that they did; a row a user, so that nothing is held back while
// the database works through a large graph.
MATCH (u:User)
CALL (u) {
  OPTIONAL MATCH (u)-[r:INTERACTED]->(t:Title)
  RETURN collect(t.id) AS titles, collect(coalesce(r.weight, 1.0)) AS weight,
         collect(coalesce(r.plays, 1)) AS plays, collect(coalesce(r.completion, 0.0)) AS completion,
         collect(coalesce(r.thumb, 0)) AS thumb,
         collect(coalesce(r.last_at, 0)) AS last_at
}
RETURN u.id AS id, u.country AS country, u.maturity_ceiling AS maturity_ceiling,
       coalesce(u.kids, false) AS kids, titles, weight, plays, completion, thumb, last_at
