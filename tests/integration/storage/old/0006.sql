-- A database of version 0006 with one of everything, to be put into its tables.
INSERT INTO ids (id) VALUES ('k7f3q2');
INSERT INTO jobs (
    number, id, recipe, count, actor, platform, channel, message, thread, ticket, place, private, parent,
    command, explicit, status, attempts, created, started, finished, seconds, error, deleted,
    told, age_restricted, admin, plan, sheet
) VALUES (
    1, 'k7f3q2', '{"guidance":5.0,"height":128,"image":null,"loras":[],"model":"mini","negative":"","prompt":"a red circle++","refiner":null,"sampler":"euler","schema":1,"seed":7,"steps":4,"width":128}', 1, 'console:ada', 'console', 'tty', '', '', '{"id":"5","token":"t","expires":"2026-07-21T09:15:00+00:00","upload_limit":10}', 'console:tty', 0, NULL,
    'imagine', '["seed"]', 'delivered', 1, 1784624400000000, 1784624401000000, 1784624402500000, 1.5, NULL, NULL,
    1784624402600000, 1, 1,
    '[{"guidance":5.0,"height":128,"image":null,"loras":[],"model":"mini","negative":"","prompt":"a red circle++","refiner":null,"sampler":"euler","schema":2,"seed":7,"steps":4,"style":null,"upscale":null,"variations":[{"seed":8,"amount":0.5}],"width":128}]',
    '{"columns":["varied"],"rows":[]}'
);
INSERT INTO ids (id) VALUES ('untold');
INSERT INTO jobs (
    number, id, recipe, count, actor, platform, channel, message, thread, ticket, place, private, parent,
    command, explicit, status, attempts, created, started, finished, seconds, error, deleted,
    told, age_restricted, admin
) VALUES (
    2, 'untold', '{"guidance":5.0,"height":128,"image":null,"loras":[],"model":"mini","negative":"","prompt":"a blue circle","refiner":null,"sampler":"euler","schema":1,"seed":7,"steps":4,"width":128}', 1, 'console:ada', 'console', 'tty', '', '', NULL, 'console:tty', 0, NULL,
    'imagine', '[]', 'cancelled', 1, 1784624400000000, 1784624401000000, 1784624402500000, NULL, NULL, NULL,
    NULL, 0, 0
);
INSERT INTO job_search (rowid, terms) VALUES (
    1, 'a red circle ' || char(57344) || 'e4de44a142f3'
        || ' ' || char(57344) || '5c230eecbea3'
);
INSERT INTO environments (hash, json) VALUES ('eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', '{"device":"cpu"}');
INSERT INTO pictures (
    id, job, "index", recipe, path, width, height, bytes, pixels_sha256, seconds, created,
    environment, warnings, flagged, absent
) VALUES (
    'k7f3q2.1', 'k7f3q2', 1, '{"guidance":5.0,"height":128,"image":null,"loras":[],"model":"mini","negative":"","prompt":"a red circle++","refiner":null,"sampler":"euler","schema":1,"seed":7,"steps":4,"width":128}', 'k7/k7f3q2.1.png', 128, 128, 1000, 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', 1.25,
    1784624402000000, 'eeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeeee', '[]', 0.25, ''
);
INSERT INTO favorites (number, actor, picture, created)
VALUES (1, 'console:ada', 'k7f3q2.1', 1784624403000000);
INSERT INTO settings (scope, options) VALUES ('console:ada', '{"steps":30}');
INSERT INTO posts (platform, channel, message, job, kind, created)
VALUES ('discord', '1', '2', 'k7f3q2', 'job', 1784624400000000);
INSERT INTO inputs (sha256, path, width, height, bytes, media_type, created)
VALUES ('bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb', 'inputs/bb/x.png', 8, 8, 100, 'image/png', 1784624400000000);
INSERT INTO actors (actor, name, first_seen, last_seen)
VALUES ('console:ada', 'Ada', 1784624400000000, 1784624400000000);
INSERT INTO promises (platform, id, channel, ticket, request)
VALUES ('discord', '5', '1', '{"id":"5","token":"t","expires":"2026-07-21T09:15:00+00:00","upload_limit":10}', '{"kind":"command"}');

INSERT INTO audit (number, moment, actor, action, subject, place, detail)
VALUES (1, 1784624400000000, 'console:ada', 'accepted', 'k7f3q2', 'console:tty', 'imagine');

INSERT INTO styles (actor, name, prompt, settings, picture, created)
VALUES ('console:ada', 'ink', 'ink drawing of {prompt}', '{"steps":30}', 'k7f3q2.1', 1784624400000000);
