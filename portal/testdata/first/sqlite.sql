PRAGMA foreign_keys=OFF;
BEGIN TRANSACTION;
CREATE TABLE schema_version (
		id INTEGER PRIMARY KEY AUTOINCREMENT,
		version_id INTEGER NOT NULL,
		is_applied INTEGER NOT NULL,
		tstamp TIMESTAMP DEFAULT (datetime('now'))
	);
INSERT INTO schema_version VALUES(1,0,1,'2026-11-27 04:38:25');
INSERT INTO schema_version VALUES(2,1,1,'2026-11-27 04:38:25');
INSERT INTO schema_version VALUES(3,2,1,'2026-11-27 04:38:25');
CREATE TABLE schools (
    slug         TEXT NOT NULL PRIMARY KEY CHECK (slug <> ''),
    content_hash TEXT NOT NULL, -- SHA-256 of content, hexadecimal
    content      TEXT NOT NULL  -- JSON, with the current texts as they are shown now
);
INSERT INTO schools VALUES('st-anne','1feff6b3bff3e9b79a0617bdce4eb07ba83a2ada39641080b511af8e37daba4b','{"Slug":"st-anne","Name":"School st-anne","ShortName":"","Address":null,"Phone":"","Email":"","Site":"https://st-anne.example/","Texts":[{"School":"st-anne","Kind":"agreement","Slug":"parents-aup","Title":"Title of parents-aup","Edition":2,"Hash":"74b09a2c5dd4c142e29aef3ef0b63bd2e28fb22a37eabcd17837c85339d745e9","Source":"agreement parents-aup of st-anne, edition 2\n","HTML":"","Path":"/parents-aup/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-anne","Kind":"agreement","Slug":"home-school-agreement","Title":"Title of home-school-agreement","Edition":2,"Hash":"5af6137a6948c15f75b5b410788b55e76ed862b7a5762ecddf0279153b18924a","Source":"agreement home-school-agreement of st-anne, edition 2\n","HTML":"","Path":"/home-school-agreement/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-anne","Kind":"purpose","Slug":"video-calls","Title":"Title of video-calls","Edition":2,"Hash":"1dc24bcceb7ef1c181e37d30b24773cd4a5e6653dc655608f2638e3d8bd19520","Source":"purpose video-calls of st-anne, edition 2\n","HTML":"","Path":"/video-calls/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-anne","Kind":"purpose","Slug":"website-pictures","Title":"Title of website-pictures","Edition":2,"Hash":"ed0e1754c3fe7345d891771ac78e28806e82585330171f66c62312ebd1324fc8","Source":"purpose website-pictures of st-anne, edition 2\n","HTML":"","Path":"/website-pictures/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""}]}');
INSERT INTO schools VALUES('st-bede','e3351aed5345bcf46006c27f9c5ccb0cc34d918c1fc27613b42330b2979aa209','{"Slug":"st-bede","Name":"School st-bede","ShortName":"","Address":null,"Phone":"","Email":"","Site":"https://st-bede.example/","Texts":[{"School":"st-bede","Kind":"agreement","Slug":"parents-aup","Title":"Title of parents-aup","Edition":1,"Hash":"53022194a6fa5c6800d7ca995c33202b47f7b2b4d7200ff7be0927e465622cbb","Source":"agreement parents-aup of st-bede, edition 1\n","HTML":"","Path":"/parents-aup/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-bede","Kind":"agreement","Slug":"home-school-agreement","Title":"Title of home-school-agreement","Edition":1,"Hash":"451c680ee8c3bc1f2636a90de3afa19d02b7bad7e30b6aa7ca78d97cc7d967b3","Source":"agreement home-school-agreement of st-bede, edition 1\n","HTML":"","Path":"/home-school-agreement/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-bede","Kind":"purpose","Slug":"video-calls","Title":"Title of video-calls","Edition":1,"Hash":"4e54b4f3db0dc394496d5d63cfb5edcedac3844bd338ae744b70aa78ae0bab53","Source":"purpose video-calls of st-bede, edition 1\n","HTML":"","Path":"/video-calls/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-bede","Kind":"purpose","Slug":"website-pictures","Title":"Title of website-pictures","Edition":1,"Hash":"1772e15570dea6488906b0077a52ca972069acd0d453f2f6e41e3b91c690cac5","Source":"purpose website-pictures of st-bede, edition 1\n","HTML":"","Path":"/website-pictures/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""}]}');
CREATE TABLE pupils (
    id               TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school           TEXT NOT NULL REFERENCES schools (slug),
    upn              TEXT NOT NULL,
    admission_number TEXT NOT NULL,
    forename         TEXT NOT NULL,
    surname          TEXT NOT NULL,
    born             TEXT NOT NULL, -- ISO 8601, or empty
    school_year      INTEGER NOT NULL,
    reg_group        TEXT NOT NULL,
    looked_after     BOOLEAN NOT NULL,
    left_at          TIMESTAMP,
    sort_key         BYTEA NOT NULL -- group, surname and forename as a dictionary orders them
);
INSERT INTO pupils VALUES('TXJURQVNZU3EEHJQOUCPEYMBKT','st-anne','','A1','Ann','Lee','2017-09-01',4,'4K',0,NULL,X'14ea16ff0000002000200000020800001711164c164c00000020002000200000080202000015ef174f174f000000200020002000000802020000');
INSERT INTO pupils VALUES('XYKSCKG3L3XCEDNTJYAQNZOLLC','st-anne','','A2','Bo','Lee','2019-03-14',2,'2M',0,NULL,X'14e817410000002000200000020800001711164c164c00000020002000200000080202000016051771000000200020000008020000');
INSERT INTO pupils VALUES('T5BOB7O42S3I3NMFA5I5FFI6CY','st-anne','','A3','Cat','Poe','2017-11-30',4,'4K',0,NULL,X'14ea16ff00000020002000000208000017961771164c000000200020002000000802020000161d15ef1816000000200020002000000802020000');
INSERT INTO pupils VALUES('VO7MHHT4CDIC44E26KDNNN5YQ2','st-anne','','A4','Dee','Fay','2018-05-05',3,'3H',1,NULL,X'14e916b4000000200020000002080000168415ef18800000002000200020000008020200001631164c164c000000200020002000000802020000');
INSERT INTO pupils VALUES('NXVNJRB75GYYVUY4RWRANFL6DT','st-bede','','B1','Eve','Roe','2015-02-02',6,'6R',0,NULL,X'14ec17bd00000020002000000208000017bd1771164c000000200020002000000802020000164c185f164c000000200020002000000802020000');
CREATE TABLE contacts (
    id     TEXT NOT NULL PRIMARY KEY CHECK (id <> '' AND id NOT LIKE '% %'),
    school TEXT NOT NULL REFERENCES schools (slug),
    name   TEXT NOT NULL,
    email  TEXT NOT NULL,
    phone  TEXT NOT NULL
);
INSERT INTO contacts VALUES('QPRR723AONIWD3UH4DA7X23OVK','st-anne','Mrs Jo Lee','mrs.jo.lee@home.example','');
INSERT INTO contacts VALUES('66RH2R34ILS7LCFW37KVCEDHZU','st-anne','Mr Al Lee','mr.al.lee@home.example','');
INSERT INTO contacts VALUES('SPL3TXU6EUNPCIYCET43XVEJ3C','st-anne','Mrs Gran Lee','mrs.gran.lee@home.example','');
INSERT INTO contacts VALUES('BALDUXOI4KD2EMZBID6GVQBTLR','st-anne','Mr Max Stone','mr.max.stone@home.example','');
INSERT INTO contacts VALUES('Z77MDEABDT7R525UJ6Z6OBVS2V','st-anne','Ms Pia Poe','ms.pia.poe@home.example','');
INSERT INTO contacts VALUES('N5LEOOVUGNQP2RITCFBICCDU3Y','st-anne','Mr Tom Fay','mr.tom.fay@home.example','');
INSERT INTO contacts VALUES('ZTT2FYT2KU23ZBD63KHS7DUYFY','st-bede','Ms Kim Roe','kim@home.example','');
CREATE TABLE responsibilities (
    pupil_id     TEXT NOT NULL REFERENCES pupils (id),
    contact_id   TEXT NOT NULL REFERENCES contacts (id),
    relationship TEXT NOT NULL,
    priority     INTEGER NOT NULL CHECK (priority >= 0),
    parental     BOOLEAN NOT NULL,
    court_order  BOOLEAN NOT NULL,
    packed       TEXT NOT NULL CHECK (packed = contact_id || CASE WHEN parental THEN ' 1' ELSE ' 0' END || CASE WHEN court_order THEN ' 1 ' ELSE ' 0 ' END
        || CAST(priority AS TEXT) || ' ' || CAST(length(relationship) AS TEXT) || ' ' || relationship),
    PRIMARY KEY (pupil_id, contact_id)
);
INSERT INTO responsibilities VALUES('TXJURQVNZU3EEHJQOUCPEYMBKT','QPRR723AONIWD3UH4DA7X23OVK','Mother',0,1,0,'QPRR723AONIWD3UH4DA7X23OVK 1 0 0 6 Mother');
INSERT INTO responsibilities VALUES('TXJURQVNZU3EEHJQOUCPEYMBKT','66RH2R34ILS7LCFW37KVCEDHZU','Father',0,1,0,'66RH2R34ILS7LCFW37KVCEDHZU 1 0 0 6 Father');
INSERT INTO responsibilities VALUES('TXJURQVNZU3EEHJQOUCPEYMBKT','SPL3TXU6EUNPCIYCET43XVEJ3C','Grandmother',0,0,0,'SPL3TXU6EUNPCIYCET43XVEJ3C 0 0 0 11 Grandmother');
INSERT INTO responsibilities VALUES('TXJURQVNZU3EEHJQOUCPEYMBKT','BALDUXOI4KD2EMZBID6GVQBTLR','Stepfather',0,1,1,'BALDUXOI4KD2EMZBID6GVQBTLR 1 1 0 10 Stepfather');
INSERT INTO responsibilities VALUES('XYKSCKG3L3XCEDNTJYAQNZOLLC','QPRR723AONIWD3UH4DA7X23OVK','Mother',0,1,0,'QPRR723AONIWD3UH4DA7X23OVK 1 0 0 6 Mother');
INSERT INTO responsibilities VALUES('XYKSCKG3L3XCEDNTJYAQNZOLLC','66RH2R34ILS7LCFW37KVCEDHZU','Father',0,1,0,'66RH2R34ILS7LCFW37KVCEDHZU 1 0 0 6 Father');
INSERT INTO responsibilities VALUES('T5BOB7O42S3I3NMFA5I5FFI6CY','Z77MDEABDT7R525UJ6Z6OBVS2V','Mother',0,1,0,'Z77MDEABDT7R525UJ6Z6OBVS2V 1 0 0 6 Mother');
INSERT INTO responsibilities VALUES('VO7MHHT4CDIC44E26KDNNN5YQ2','N5LEOOVUGNQP2RITCFBICCDU3Y','Father',0,1,0,'N5LEOOVUGNQP2RITCFBICCDU3Y 1 0 0 6 Father');
INSERT INTO responsibilities VALUES('NXVNJRB75GYYVUY4RWRANFL6DT','ZTT2FYT2KU23ZBD63KHS7DUYFY','Mother',0,1,0,'ZTT2FYT2KU23ZBD63KHS7DUYFY 1 0 0 6 Mother');
CREATE TABLE imports (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school     TEXT NOT NULL,
    account_id TEXT NOT NULL,
    list_rows  TEXT NOT NULL, -- JSON
    at         TIMESTAMP NOT NULL
);
CREATE TABLE accounts (
    id           TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    provider     TEXT NOT NULL,
    issuer       TEXT NOT NULL,
    subject      TEXT NOT NULL,
    name         TEXT NOT NULL,
    staff_email  TEXT NOT NULL,
    created      TIMESTAMP NOT NULL,
    last_sign_in TIMESTAMP
);
INSERT INTO accounts VALUES('EVQTRUGMMXSAWDL4R5N3PYXTFU','google','https://accounts.google.example','Mrs Jo Lee','','','2026-09-07 09:00:00+00:00','2026-09-07 09:00:00+00:00');
INSERT INTO accounts VALUES('UGLCC2KLKGROQWFLMQQACRNL6Z','google','https://accounts.google.example','Mr Al Lee','','','2026-09-07 09:00:00+00:00','2026-09-07 09:00:00+00:00');
CREATE TABLE account_contacts (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    joined     TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, contact_id)
);
INSERT INTO account_contacts VALUES('EVQTRUGMMXSAWDL4R5N3PYXTFU','QPRR723AONIWD3UH4DA7X23OVK','2026-09-07 09:00:00+00:00');
INSERT INTO account_contacts VALUES('UGLCC2KLKGROQWFLMQQACRNL6Z','66RH2R34ILS7LCFW37KVCEDHZU','2026-09-07 09:00:00+00:00');
CREATE TABLE invitations (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    code_hash  TEXT NOT NULL CHECK (code_hash <> ''),
    issued     TIMESTAMP NOT NULL,
    expires    TIMESTAMP NOT NULL,
    used       TIMESTAMP
);
INSERT INTO invitations VALUES('IYRXCL4XIEIO6F5P526JCOR6VC','N5LEOOVUGNQP2RITCFBICCDU3Y','f8a1c7589421a95c3fd5a530e4d1da8ab103c9e2a54ddfdbf6f72a221e7daab5','2026-09-07 09:00:00+00:00','2026-11-06 09:00:00+00:00','2026-09-07 09:00:00+00:00');
INSERT INTO invitations VALUES('XB6SDTMMPQ4VNNPYLNERPMYM4Z','QPRR723AONIWD3UH4DA7X23OVK','9ca90cd23251bfe136bbacf915171c384b6603601ff4ca86b0a6426a0912fc03','2026-09-07 09:00:00+00:00','2026-11-06 09:00:00+00:00','2026-09-07 09:00:00+00:00');
INSERT INTO invitations VALUES('NXAGNPP54V73JBQDWM3IOGDSDA','66RH2R34ILS7LCFW37KVCEDHZU','e8d223fcc4767f0220ae334555ed35360a4696244feac9fb2def1c49f7538fd7','2026-09-07 09:00:00+00:00','2026-11-06 09:00:00+00:00','2026-09-07 09:00:00+00:00');
INSERT INTO invitations VALUES('SXKPLEM4CG7OV7IQNUVN5IKUHU','Z77MDEABDT7R525UJ6Z6OBVS2V','6df6adf06ce152d35c497cff5d67c3c9b45cbd4e7381bd4bed1e80ca2a0acf04','2026-09-07 09:00:00+00:00','2026-11-06 09:00:00+00:00','2026-09-07 09:00:00+00:00');
INSERT INTO invitations VALUES('B57Z53OXUAHCLOZXN3KBD2AB6D','N5LEOOVUGNQP2RITCFBICCDU3Y','7e80ae63841916e8d46140343376f0876446c00adf54f2e1c0fb38075b41fad2','2026-09-07 09:00:00+00:00','2026-11-06 09:00:00+00:00',NULL);
INSERT INTO invitations VALUES('3LIYEVBRHCPECL454KNUXXUOXR','66RH2R34ILS7LCFW37KVCEDHZU','fb51932482bdf65bdba6e4961e207bd41e18b23b5a17786d37e0d3d72aeca04b','2026-09-07 09:00:00+00:00','2026-11-06 09:00:00+00:00','2026-09-07 09:00:00+00:00');
INSERT INTO invitations VALUES('P6WJYXHVN5CGWVRONR5B5NNZH7','Z77MDEABDT7R525UJ6Z6OBVS2V','b03c6641bc76be646ee34edf427daeac8f4edd01aefed0f6936abfd903614489','2026-09-07 09:00:00+00:00','2026-11-06 09:00:00+00:00',NULL);
CREATE TABLE attempts (
    attempt_key TEXT NOT NULL,
    at          TIMESTAMP NOT NULL
);
CREATE TABLE sessions (
    hash       TEXT NOT NULL PRIMARY KEY CHECK (hash <> ''),
    account_id TEXT REFERENCES accounts (id),
    handshake  TEXT NOT NULL, -- JSON
    return_to  TEXT NOT NULL,
    created    TIMESTAMP NOT NULL,
    expires    TIMESTAMP NOT NULL
);
CREATE TABLE held_forms (
    account_id TEXT NOT NULL REFERENCES accounts (id),
    path       TEXT NOT NULL,
    form       TEXT NOT NULL, -- JSON
    at         TIMESTAMP NOT NULL,
    PRIMARY KEY (account_id, path)
);
CREATE TABLE texts (
    school     TEXT NOT NULL REFERENCES schools (slug),
    hash       TEXT NOT NULL CHECK (hash <> ''),
    kind       TEXT NOT NULL CHECK (kind IN ('agreement', 'purpose')),
    slug       TEXT NOT NULL CHECK (slug <> '' AND slug NOT LIKE '% %'),
    title      TEXT NOT NULL,
    edition    INTEGER NOT NULL,
    source     TEXT NOT NULL,
    html       TEXT NOT NULL,
    path       TEXT NOT NULL,
    published  TIMESTAMP,
    summary    TEXT NOT NULL,
    statement  TEXT NOT NULL,
    question   TEXT NOT NULL,
    if_given   TEXT NOT NULL,
    if_refused TEXT NOT NULL,
    PRIMARY KEY (school, hash)
);
INSERT INTO texts VALUES('st-anne','1f8287ed8fb180c305aa4b66211066c59fe62589bebe30d18837543c1f974a51','agreement','parents-aup','Title of parents-aup',1,replace('agreement parents-aup of st-anne, edition 1\n','\n',char(10)),'','/parents-aup/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-anne','ba1df9247cf9c6794b60e00323c81570e005c7f2d3aab3f2eb6019f6b12dbd43','agreement','home-school-agreement','Title of home-school-agreement',1,replace('agreement home-school-agreement of st-anne, edition 1\n','\n',char(10)),'','/home-school-agreement/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-anne','365e73d0b002a4df923e769b2b13dcff48bf4c7d5dc31ddbea3680579eb64d5b','purpose','video-calls','Title of video-calls',1,replace('purpose video-calls of st-anne, edition 1\n','\n',char(10)),'','/video-calls/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-anne','6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6','purpose','website-pictures','Title of website-pictures',1,replace('purpose website-pictures of st-anne, edition 1\n','\n',char(10)),'','/website-pictures/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-bede','53022194a6fa5c6800d7ca995c33202b47f7b2b4d7200ff7be0927e465622cbb','agreement','parents-aup','Title of parents-aup',1,replace('agreement parents-aup of st-bede, edition 1\n','\n',char(10)),'','/parents-aup/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-bede','451c680ee8c3bc1f2636a90de3afa19d02b7bad7e30b6aa7ca78d97cc7d967b3','agreement','home-school-agreement','Title of home-school-agreement',1,replace('agreement home-school-agreement of st-bede, edition 1\n','\n',char(10)),'','/home-school-agreement/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-bede','4e54b4f3db0dc394496d5d63cfb5edcedac3844bd338ae744b70aa78ae0bab53','purpose','video-calls','Title of video-calls',1,replace('purpose video-calls of st-bede, edition 1\n','\n',char(10)),'','/video-calls/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-bede','1772e15570dea6488906b0077a52ca972069acd0d453f2f6e41e3b91c690cac5','purpose','website-pictures','Title of website-pictures',1,replace('purpose website-pictures of st-bede, edition 1\n','\n',char(10)),'','/website-pictures/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-anne','74b09a2c5dd4c142e29aef3ef0b63bd2e28fb22a37eabcd17837c85339d745e9','agreement','parents-aup','Title of parents-aup',2,replace('agreement parents-aup of st-anne, edition 2\n','\n',char(10)),'','/parents-aup/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-anne','5af6137a6948c15f75b5b410788b55e76ed862b7a5762ecddf0279153b18924a','agreement','home-school-agreement','Title of home-school-agreement',2,replace('agreement home-school-agreement of st-anne, edition 2\n','\n',char(10)),'','/home-school-agreement/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-anne','1dc24bcceb7ef1c181e37d30b24773cd4a5e6653dc655608f2638e3d8bd19520','purpose','video-calls','Title of video-calls',2,replace('purpose video-calls of st-anne, edition 2\n','\n',char(10)),'','/video-calls/','2026-09-01 00:00:00+00:00','','','','','');
INSERT INTO texts VALUES('st-anne','ed0e1754c3fe7345d891771ac78e28806e82585330171f66c62312ebd1324fc8','purpose','website-pictures','Title of website-pictures',2,replace('purpose website-pictures of st-anne, edition 2\n','\n',char(10)),'','/website-pictures/','2026-09-01 00:00:00+00:00','','','','','');
CREATE TABLE signatures (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school     TEXT NOT NULL,
    pupil_id   TEXT NOT NULL REFERENCES pupils (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    account_id TEXT NOT NULL,
    text_slug  TEXT NOT NULL CHECK (text_slug <> '' AND text_slug NOT LIKE '% %'),
    edition    INTEGER NOT NULL,
    text_hash  TEXT NOT NULL,
    at         TIMESTAMP NOT NULL,
    channel    TEXT NOT NULL CHECK (channel IN ('online', 'paper')),
    language   TEXT NOT NULL,
    typed_name TEXT NOT NULL,
    packed     TEXT NOT NULL CHECK (packed = contact_id || ' ' || text_slug || ' ' || CAST(edition AS TEXT) || ' '),
    FOREIGN KEY (school, text_hash) REFERENCES texts (school, hash)
);
INSERT INTO signatures VALUES('YIQI6YAKKIJFQPZMJIM7N2LQH4','st-anne','TXJURQVNZU3EEHJQOUCPEYMBKT','QPRR723AONIWD3UH4DA7X23OVK','EVQTRUGMMXSAWDL4R5N3PYXTFU','parents-aup',1,'1f8287ed8fb180c305aa4b66211066c59fe62589bebe30d18837543c1f974a51','2026-09-07 09:00:00+00:00','online','en-GB','Jo Lee','QPRR723AONIWD3UH4DA7X23OVK parents-aup 1 ');
CREATE TABLE decisions (
    id         TEXT NOT NULL PRIMARY KEY CHECK (id <> ''),
    school     TEXT NOT NULL,
    pupil_id   TEXT NOT NULL REFERENCES pupils (id),
    contact_id TEXT NOT NULL REFERENCES contacts (id),
    account_id TEXT NOT NULL,
    text_slug  TEXT NOT NULL CHECK (text_slug <> '' AND text_slug NOT LIKE '% %'),
    edition    INTEGER NOT NULL,
    text_hash  TEXT NOT NULL,
    at         TIMESTAMP NOT NULL,
    channel    TEXT NOT NULL CHECK (channel IN ('online', 'paper')),
    language   TEXT NOT NULL,
    answer     TEXT NOT NULL CHECK (answer IN ('given', 'refused', 'withdrawn')),
    seq        INTEGER NOT NULL CHECK (seq >= 1),
    packed     TEXT NOT NULL CHECK (packed = contact_id || ' ' || text_slug || ' ' || CAST(edition AS TEXT) || ' ' || answer || ' ' || CAST(seq AS TEXT) || ' '),
    FOREIGN KEY (school, text_hash) REFERENCES texts (school, hash)
);
INSERT INTO decisions VALUES('OJ2VSUMROVNBPXYSXXLL45RGN5','st-anne','TXJURQVNZU3EEHJQOUCPEYMBKT','QPRR723AONIWD3UH4DA7X23OVK','EVQTRUGMMXSAWDL4R5N3PYXTFU','website-pictures',1,'6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6','2026-09-07 09:01:00+00:00','online','en-GB','given',1,'QPRR723AONIWD3UH4DA7X23OVK website-pictures 1 given 1 ');
INSERT INTO decisions VALUES('CS662P4JQJQT4GYIPMRY4X4GIO','st-anne','TXJURQVNZU3EEHJQOUCPEYMBKT','66RH2R34ILS7LCFW37KVCEDHZU','UGLCC2KLKGROQWFLMQQACRNL6Z','website-pictures',1,'6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6','2026-09-07 09:01:01.234567+00:00','online','en-GB','given',1,'66RH2R34ILS7LCFW37KVCEDHZU website-pictures 1 given 1 ');
INSERT INTO decisions VALUES('OGWOWKJ63YIVASP7CIAGKQYA65','st-anne','XYKSCKG3L3XCEDNTJYAQNZOLLC','66RH2R34ILS7LCFW37KVCEDHZU','UGLCC2KLKGROQWFLMQQACRNL6Z','website-pictures',1,'6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6','2026-09-07 09:01:01.234567+00:00','online','en-GB','refused',1,'66RH2R34ILS7LCFW37KVCEDHZU website-pictures 1 refused 1 ');
INSERT INTO decisions VALUES('4ZRLGETE7R6KT6R7JGOSHH24UT','st-anne','TXJURQVNZU3EEHJQOUCPEYMBKT','66RH2R34ILS7LCFW37KVCEDHZU','UGLCC2KLKGROQWFLMQQACRNL6Z','website-pictures',2,'ed0e1754c3fe7345d891771ac78e28806e82585330171f66c62312ebd1324fc8','2026-09-07 09:01:01.234567+00:00','online','en-GB','withdrawn',2,'66RH2R34ILS7LCFW37KVCEDHZU website-pictures 2 withdrawn 2 ');
CREATE TABLE ledger (
    idx       BIGINT NOT NULL PRIMARY KEY,
    previous  BIGINT REFERENCES ledger (idx),
    record_id TEXT NOT NULL CHECK (record_id <> ''),
    salt      BYTEA,
    record    TEXT,
    at        TIMESTAMP NOT NULL,
    CHECK ((idx = 0 AND previous IS NULL) OR (idx > 0 AND previous IS NOT NULL AND previous = idx - 1)),
    CHECK ((salt IS NULL AND record IS NULL) OR (salt IS NOT NULL AND length(salt) = 32 AND record IS NOT NULL))
);
INSERT INTO ledger VALUES(0,NULL,'YIQI6YAKKIJFQPZMJIM7N2LQH4',X'8156c4e8f6ceb9386560b034068bf5dc39c28afb13849f1a544b1c9a544226c7','{"type":"signature","id":"YIQI6YAKKIJFQPZMJIM7N2LQH4","school":"st-anne","pupil":"TXJURQVNZU3EEHJQOUCPEYMBKT","contact":"QPRR723AONIWD3UH4DA7X23OVK","account":"EVQTRUGMMXSAWDL4R5N3PYXTFU","text":"parents-aup","edition":1,"sha256":"1f8287ed8fb180c305aa4b66211066c59fe62589bebe30d18837543c1f974a51","typed_name":"Jo Lee","at":"2026-09-07T09:00:00Z","channel":"online","language":"en-GB"}','2026-09-07 09:00:00+00:00');
INSERT INTO ledger VALUES(1,0,'OJ2VSUMROVNBPXYSXXLL45RGN5',X'8bf5fc0c87fc65c4c98e42ebae1fcead8c65ae86fe31ee0996410b2b607c9954','{"type":"decision","id":"OJ2VSUMROVNBPXYSXXLL45RGN5","school":"st-anne","pupil":"TXJURQVNZU3EEHJQOUCPEYMBKT","contact":"QPRR723AONIWD3UH4DA7X23OVK","account":"EVQTRUGMMXSAWDL4R5N3PYXTFU","text":"website-pictures","edition":1,"sha256":"6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6","answer":"given","at":"2026-09-07T09:01:00Z","channel":"online","language":"en-GB"}','2026-09-07 09:01:00+00:00');
INSERT INTO ledger VALUES(2,1,'CS662P4JQJQT4GYIPMRY4X4GIO',X'5f05f58096b2fac09751236cf355dabb55bb2adf2a421ceae75fb05e04052e1a','{"type":"decision","id":"CS662P4JQJQT4GYIPMRY4X4GIO","school":"st-anne","pupil":"TXJURQVNZU3EEHJQOUCPEYMBKT","contact":"66RH2R34ILS7LCFW37KVCEDHZU","account":"UGLCC2KLKGROQWFLMQQACRNL6Z","text":"website-pictures","edition":1,"sha256":"6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6","answer":"given","at":"2026-09-07T09:01:01.234567Z","channel":"online","language":"en-GB"}','2026-09-07 09:01:01.234567+00:00');
INSERT INTO ledger VALUES(3,2,'OGWOWKJ63YIVASP7CIAGKQYA65',X'1f22c3278bad757e980d09ae4cdba86496f98c92bb5a1ca9dde38741124c8b44','{"type":"decision","id":"OGWOWKJ63YIVASP7CIAGKQYA65","school":"st-anne","pupil":"XYKSCKG3L3XCEDNTJYAQNZOLLC","contact":"66RH2R34ILS7LCFW37KVCEDHZU","account":"UGLCC2KLKGROQWFLMQQACRNL6Z","text":"website-pictures","edition":1,"sha256":"6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6","answer":"refused","at":"2026-09-07T09:01:01.234567Z","channel":"online","language":"en-GB"}','2026-09-07 09:01:01.234567+00:00');
INSERT INTO ledger VALUES(4,3,'4ZRLGETE7R6KT6R7JGOSHH24UT',X'4adc82b6d15a09c0dad5bd694fe16ce7f61f1265f1df898648b2a2e67333ed7d','{"type":"decision","id":"4ZRLGETE7R6KT6R7JGOSHH24UT","school":"st-anne","pupil":"TXJURQVNZU3EEHJQOUCPEYMBKT","contact":"66RH2R34ILS7LCFW37KVCEDHZU","account":"UGLCC2KLKGROQWFLMQQACRNL6Z","text":"website-pictures","edition":2,"sha256":"ed0e1754c3fe7345d891771ac78e28806e82585330171f66c62312ebd1324fc8","answer":"withdrawn","at":"2026-09-07T09:01:01.234567Z","channel":"online","language":"en-GB"}','2026-09-07 09:01:01.234567+00:00');
CREATE TABLE ledger_hashes (
    idx      BIGINT NOT NULL PRIMARY KEY,
    previous BIGINT REFERENCES ledger_hashes (idx),
    hash     BYTEA NOT NULL CHECK (length(hash) = 32),
    CHECK ((idx = 0 AND previous IS NULL) OR (idx > 0 AND previous IS NOT NULL AND previous = idx - 1))
);
INSERT INTO ledger_hashes VALUES(0,NULL,X'ac3dc1ff55c4e761f87760db7c71b2db58d20db31f0be0219474b9ccdbc6d527');
INSERT INTO ledger_hashes VALUES(1,0,X'884194ccfa36477102f6be88a3917fc6080eeed672d9f6b28256e8925f1de40f');
INSERT INTO ledger_hashes VALUES(2,1,X'212b4aa3c74c30ab62df3e63c7a1edc796b1820c0a6815ab41cf990dc143b872');
INSERT INTO ledger_hashes VALUES(3,2,X'ddb643a3aa5d4e53d0b0744b2632d26644850971e1521d656231d32484d82796');
INSERT INTO ledger_hashes VALUES(4,3,X'e78a8a58c789f28154b91de54798e8fffff485d9a7fafee68594110d8fcc560b');
INSERT INTO ledger_hashes VALUES(5,4,X'5dd24b40b762fa74285f5cad11aa8de89c27617121e659205883fc51ddc2612c');
INSERT INTO ledger_hashes VALUES(6,5,X'a050d46c973d56e39ba9854a3b2572e99797a2a1560835142221f9bae455887a');
INSERT INTO ledger_hashes VALUES(7,6,X'72792032641f8951035a787fb8a04f753d307f757b5e8f577c34a10753f48b3c');
DELETE FROM sqlite_sequence;
INSERT INTO sqlite_sequence VALUES('schema_version',3);
CREATE UNIQUE INDEX schema_version_once ON schema_version (version_id);
CREATE UNIQUE INDEX pupils_upn ON pupils (school, upn) WHERE upn <> '';
CREATE INDEX pupils_order ON pupils (school, school_year, sort_key, id);
CREATE INDEX contacts_school ON contacts (school, id);
CREATE INDEX responsibilities_contact ON responsibilities (contact_id, pupil_id);
CREATE UNIQUE INDEX accounts_identity ON accounts (provider, issuer, subject);
CREATE INDEX account_contacts_contact ON account_contacts (contact_id);
CREATE UNIQUE INDEX invitations_code ON invitations (code_hash);
CREATE UNIQUE INDEX invitations_open ON invitations (contact_id) WHERE used IS NULL;
CREATE INDEX attempts_key ON attempts (attempt_key, at);
CREATE INDEX attempts_at ON attempts (at);
CREATE INDEX sessions_expires ON sessions (expires);
CREATE UNIQUE INDEX signatures_once ON signatures (pupil_id, contact_id, text_hash);
CREATE INDEX signatures_packed ON signatures (pupil_id, packed);
CREATE UNIQUE INDEX decisions_once ON decisions (pupil_id, contact_id, text_slug, seq);
CREATE INDEX decisions_packed ON decisions (pupil_id, packed);
CREATE UNIQUE INDEX ledger_record ON ledger (record_id);
CREATE TRIGGER texts_no_update BEFORE UPDATE ON texts
BEGIN
    SELECT RAISE(ABORT, 'texts is only ever added to');
END;
CREATE TRIGGER texts_no_delete BEFORE DELETE ON texts
BEGIN
    SELECT RAISE(ABORT, 'texts is only ever added to');
END;
CREATE TRIGGER signatures_no_update BEFORE UPDATE ON signatures
BEGIN
    SELECT RAISE(ABORT, 'signatures is only ever added to');
END;
CREATE TRIGGER signatures_no_delete BEFORE DELETE ON signatures
BEGIN
    SELECT RAISE(ABORT, 'signatures is only ever added to');
END;
CREATE TRIGGER decisions_no_update BEFORE UPDATE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions is only ever added to');
END;
CREATE TRIGGER decisions_no_delete BEFORE DELETE ON decisions
BEGIN
    SELECT RAISE(ABORT, 'decisions is only ever added to');
END;
CREATE TRIGGER ledger_hashes_no_update BEFORE UPDATE ON ledger_hashes
BEGIN
    SELECT RAISE(ABORT, 'ledger_hashes is only ever added to');
END;
CREATE TRIGGER ledger_hashes_no_delete BEFORE DELETE ON ledger_hashes
BEGIN
    SELECT RAISE(ABORT, 'ledger_hashes is only ever added to');
END;
CREATE TRIGGER ledger_no_delete BEFORE DELETE ON ledger
BEGIN
    SELECT RAISE(ABORT, 'ledger is only ever added to');
END;
CREATE TRIGGER ledger_only_erase BEFORE UPDATE ON ledger
WHEN NEW.idx IS NOT OLD.idx OR NEW.previous IS NOT OLD.previous OR NEW.record_id IS NOT OLD.record_id
    OR NEW.at IS NOT OLD.at OR NEW.record IS NOT NULL OR NEW.salt IS NOT NULL
BEGIN
    SELECT RAISE(ABORT, 'of a ledger entry only the record can be erased');
END;
COMMIT;
