// The interactions between given pairs of a user and a title, where there are any.
UNWIND $pairs AS pair
MATCH (:User {id: pair.user})-[r:INTERACTED]->(:Title {id: pair.title})
RETURN pair.user AS user, pair.title AS title, coalesce(r.plays, 1) AS plays,
       coalesce(r.completion, 0.0) AS completion, coalesce(r.thumb, 0) AS thumb,
       coalesce(r.first_at, 0) AS first_at, coalesce(r.last_at, 0) AS last_at,
       coalesce(r.thumb_at, CASE WHEN coalesce(r.thumb, 0) = 0 THEN 0 ELSE r.last_at END, 0)
         AS thumb_at,
       coalesce(r.listed, false) AS listed, coalesce(r.listed_at, 0) AS listed_at,
       coalesce(r.hidden, false) AS hidden, coalesce(r.hidden_at, 0) AS hidden_at,
       coalesce(r.abandons, 0) AS abandons,
       coalesce(r.playhead, r.completion, 0.0) AS playhead,
       coalesce(r.playhead_at, 0) AS playhead_at
