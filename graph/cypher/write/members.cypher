// The community of each of a batch of users, in place of the one an earlier model put them in.
UNWIND $rows AS row
MATCH (u:User {id: row.user})
CALL (u) { MATCH (u)-[old:MEMBER_OF]->(:Community) DELETE old }
WITH u, row
MATCH (c:Community {id: row.community})
CREATE (u)-[:MEMBER_OF]->(c)
