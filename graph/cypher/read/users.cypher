// Every user and, in columns, all that they did; a row a user, so that nothing is held back while
// the database works through a large graph.
MATCH (u:User)
CALL (u) {
  OPTIONAL MATCH (u)-[r:INTERACTED]->(t:Title)
  RETURN collect(t.id) AS titles, collect(coalesce(r.weight, 1.0)) AS weight,
         collect(coalesce(r.plays, 1)) AS plays, collect(coalesce(r.completion, 0.0)) AS completion,
         collect(coalesce(r.thumb, 0)) AS thumb,
         collect(coalesce(r.first_at, r.last_at, 0)) AS first_at,
         collect(coalesce(r.last_at, 0)) AS last_at,
         collect(coalesce(r.thumb_at, CASE WHEN coalesce(r.thumb, 0) = 0 THEN 0 ELSE r.last_at END,
           0)) AS thumb_at,
         collect(CASE WHEN r.listed THEN r.listed_at ELSE -coalesce(r.listed_at, 0) END)
           AS listed_at,
         collect(CASE WHEN r.hidden THEN r.hidden_at ELSE -coalesce(r.hidden_at, 0) END)
           AS hidden_at,
         collect(coalesce(r.abandons, 0)) AS abandons,
         collect(coalesce(r.playhead, r.completion, 0.0)) AS playhead,
         collect(coalesce(r.playhead_at, 0)) AS playhead_at
}
RETURN u.id AS id, u.country AS country, u.maturity_ceiling AS maturity_ceiling,
       coalesce(u.kids, false) AS kids, titles, weight, plays, completion, thumb, first_at, last_at,
       thumb_at, listed_at, hidden_at, abandons, playhead, playhead_at
