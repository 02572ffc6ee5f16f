// The end of a query that found edges `r`: their weight, which is graph.behaviour.weight of what they
// know.
WITH r, coalesce(r.completion, 0.0) AS completion, coalesce(r.thumb, 0) AS thumb
WITH *,
  ($factors.started + (1 - $factors.started) * completion) * $factors.thumb[toString(thumb)]
    AS watched,
  CASE WHEN r.listed AND thumb >= 0 THEN $factors.listed ELSE 0.0 END AS on_list
SET r.weight = CASE
  WHEN r.hidden THEN 0.0
  WHEN r.plays = 0 AND completion = 0 AND thumb > 0 THEN $factors.thumb[toString(thumb)]
  WHEN r.plays = 0 AND completion = 0 THEN on_list
  WHEN r.abandons > 0 AND completion < $factors.early AND thumb <= 0 THEN 0.0
  WHEN watched < on_list THEN on_list
  ELSE watched
END
