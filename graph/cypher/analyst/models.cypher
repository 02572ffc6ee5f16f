// The models published so far, with their figures.
//
// One row a model, newest first. metrics and parameters are JSON, as the refresh judged and set
// them; complete is false while a write-back is under way, or where one was cut short.
MATCH (m:Model)
RETURN m.id AS model, toString(datetime({epochSeconds: m.trained_at})) AS trained_at,
       m.written_at IS NOT NULL AS complete, m.code_version AS code_version, m.metrics AS metrics,
       m.parameters AS parameters
ORDER BY m.trained_at DESC, model DESC
