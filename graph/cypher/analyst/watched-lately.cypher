// The titles most watched in the last days before the newest event in the graph.
//
// :param days => 30  // integer, optional: how far to look back
// :param rows => 20  // integer, optional: at most so many titles
//
// One row a title. watchers counts the users whose newest event with it falls in those days, share
// is the part of all its watchers that they are: near 1 is new or newly found, near 0 a steady
// title. The days end at the newest event, not today, so that an old data set answers too.
MATCH (:User)-[i:INTERACTED]->(:Title)
WITH max(i.last_at) AS newest
MATCH (:User)-[i:INTERACTED]->(t:Title) WHERE i.last_at > newest - $days * 86400
WITH t, count(i) AS watchers, max(i.last_at) AS last_at
RETURN t.id AS title, t.name AS name, t.year AS year, watchers,
       round(1.0 * watchers / COUNT { (t)<-[:INTERACTED]-(:User) }, 2) AS share,
       date(datetime({epochSeconds: last_at})) AS last_watched
ORDER BY watchers DESC, title
LIMIT $rows
