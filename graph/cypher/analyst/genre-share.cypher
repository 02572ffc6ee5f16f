// How the watching of each community splits over genres.
//
// :param genres => 5  // integer, optional: at most so many genres a community
//
// One row a community and genre, communities by size. percent is the genre's share of all that the
// community's members watched (a title of three genres counts a third for each), usual the same for
// everybody, and lift the one over the other.
MATCH (t:Title)-[:HAS_GENRE]->(g:Genre)
WITH g, t, 1.0 / COUNT { (t)-[:HAS_GENRE]->(:Genre) } AS part
WITH g, collect({title: t, part: part}) AS titles,
     sum(part * COUNT { (t)<-[:INTERACTED]-(:User) }) AS by_everybody
WITH collect({genre: g, titles: titles, watched: by_everybody}) AS all_genres,
     sum(by_everybody) AS all_watched
UNWIND all_genres AS entry
UNWIND entry.titles AS piece
WITH entry.genre AS g, entry.watched / all_watched AS usual, piece.title AS t, piece.part AS part
MATCH (t)<-[:INTERACTED]-(:User)-[:MEMBER_OF]->(c:Community)
WITH c, g, usual, sum(part) AS watched
ORDER BY watched DESC, g.id
WITH c, sum(watched) AS total, collect({name: g.name, watched: watched, usual: usual}) AS genres
UNWIND genres[..$genres] AS genre
RETURN c.id AS community, c.name AS name, c.size AS members, genre.name AS genre,
       round(100 * genre.watched / total, 1) AS percent, round(100 * genre.usual, 1) AS usual,
       round(genre.watched / total / genre.usual, 2) AS lift
ORDER BY members DESC, community, percent DESC, genre
