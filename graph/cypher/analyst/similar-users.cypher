// Who is most like a member, and through which titles.
//
// :param user => "1"  // string: the member's id
// :param rows => 10   // integer, optional: at most so many members
//
// One row a similar member, nearest first. similarity is the cosine of the two embeddings (1: same
// taste); shared counts the titles both watched and neither gave a thumb down, and through names
// the five that tie them most. A high similarity with few shared titles comes from titles that are
// near each other rather than the same.
MATCH (me:User {id: $user})-[near:SIMILAR_TO]->(other:User)
OPTIONAL MATCH (me)-[mine:INTERACTED]->(t:Title)<-[theirs:INTERACTED]-(other)
  WHERE mine.thumb >= 0 AND theirs.thumb >= 0
WITH other, near, t, mine.weight * theirs.weight AS tie
ORDER BY tie DESC, t.id
WITH other, near, count(t) AS shared, collect(t.name)[..5] AS through
RETURN other.id AS user, round(near.score, 3) AS similarity, shared, through
ORDER BY near.score DESC, user
LIMIT $rows
