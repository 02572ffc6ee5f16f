// Titles that two communities share more than the rest do: bridges from one taste to the other.
//
// :param one => "0"    // string, optional: a community's id, or the last part of it
// :param other => "1"  // string, optional: another's
// :param least => 3    // integer, optional: leave out titles that fewer members of either watched
// :param rows => 20    // integer, optional: at most so many titles
//
// One row a title, best bridge first. in_one and in_other are the percent of either's members who
// watched it, elsewhere that of all other users; bridge is the smaller of the first two over the
// third (plus one percent, so that a title hardly seen elsewhere does not win by that alone).
MATCH (a:Community) WHERE a.id = $one OR a.id ENDS WITH '/' + $one
MATCH (b:Community) WHERE b.id = $other OR b.id ENDS WITH '/' + $other
MATCH (a)<-[:MEMBER_OF]-(u:User)-[:INTERACTED]->(t:Title)
WITH a, b, t, count(u) AS members_a WHERE members_a >= $least
WITH a, b, t, members_a, COUNT { (t)<-[:INTERACTED]-(:User)-[:MEMBER_OF]->(b) } AS members_b
WHERE members_b >= $least
WITH t, 100.0 * members_a / a.size AS in_one, 100.0 * members_b / b.size AS in_other,
     COUNT { (t)<-[:INTERACTED]-(:User) } - members_a - members_b AS watchers,
     COUNT { (:User) } - a.size - b.size AS others
WITH t, in_one, in_other,
     CASE WHEN others > 0 THEN 100.0 * watchers / others ELSE 0.0 END AS elsewhere
RETURN t.id AS title, t.name AS name, t.year AS year, round(in_one, 1) AS in_one,
       round(in_other, 1) AS in_other, round(elsewhere, 1) AS elsewhere,
       round(CASE WHEN in_one < in_other THEN in_one ELSE in_other END / (elsewhere + 1), 2)
         AS bridge
ORDER BY bridge DESC, title
LIMIT $rows
