// The interactions between given pairs of a user and a title, where there are any.
UNWIND $pairs AS pair
MATCH (:User {id: pair.user})-[r:INTERACTED]->(:Title {id: pair.title})
RETURN pair.user AS user, pair.title AS title, coalesce(r.plays, 1) AS plays,
       coalesce(r.completion, 0.0) AS completion, coalesce(r.thumb, 0) AS thumb,
       coalesce(r.first_at, 0) AS first_at, coalesce(r.last_at, 0) AS last_at
