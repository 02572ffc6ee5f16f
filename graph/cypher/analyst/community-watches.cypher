// What a community watches more than everybody does.
//
// :param community => "0"  // string, optional: a community's id, or the last part of it
// :param least => 5        // integer, optional: leave out titles that fewer of its members watched
// :param rows => 20        // integer, optional: at most so many titles
//
// One row a title, highest lift first. lift is the share of the community's members who watched it
// over the share of all users who did: 1 is as usual, 3 is three times as common here. members and
// percent say how much that rests on.
MATCH (c:Community) WHERE c.id = $community OR c.id ENDS WITH '/' + $community
MATCH (c)<-[:MEMBER_OF]-(u:User)-[:INTERACTED]->(t:Title)
WITH c, t, count(u) AS members WHERE members >= $least
WITH t, members, 1.0 * members / c.size AS here,
     1.0 * COUNT { (t)<-[:INTERACTED]-(:User) } / COUNT { (:User) } AS everywhere
RETURN t.id AS title, t.name AS name, t.year AS year, members,
       round(100 * here, 1) AS percent, round(here / everywhere, 2) AS lift
ORDER BY lift DESC, members DESC, title
LIMIT $rows
