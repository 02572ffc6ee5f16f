// How a member's taste splits over genres, beside everybody's.
//
// :param user => "1"  // string: the member's id
//
// One row a genre, largest share first. percent is the genre's part of the weight of all that the
// member watched (a title of three genres counts a third for each; a thumb down counts nothing),
// usual the same for all users, lift the one over the other: above 1 the member seeks it out.
MATCH (u:User)-[i:INTERACTED]->(t:Title)-[:HAS_GENRE]->(g:Genre) WHERE i.thumb >= 0
WITH g, u.id = $user AS mine, i.weight / COUNT { (t)-[:HAS_GENRE]->(:Genre) } AS weight
WITH g, sum(weight) AS usual, sum(CASE WHEN mine THEN weight ELSE 0 END) AS own,
     sum(CASE WHEN mine THEN 1 ELSE 0 END) AS titles
WITH collect({name: g.name, own: own, usual: usual, titles: titles}) AS genres,
     sum(own) AS all_own, sum(usual) AS all_usual
UNWIND genres AS genre
WITH genre, all_own, all_usual WHERE genre.titles > 0
RETURN genre.name AS genre, genre.titles AS titles,
       round(100 * genre.own / all_own, 1) AS percent,
       round(100 * genre.usual / all_usual, 1) AS usual,
       round(genre.own / all_own / (genre.usual / all_usual), 2) AS lift
ORDER BY percent DESC, genre
