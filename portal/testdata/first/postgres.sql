SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;
CREATE FUNCTION public.only_added() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is only ever added to', TG_TABLE_NAME;
END
$$;
CREATE FUNCTION public.only_erased() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF NEW.idx IS DISTINCT FROM OLD.idx OR NEW.previous IS DISTINCT FROM OLD.previous
        OR NEW.record_id IS DISTINCT FROM OLD.record_id OR NEW.at IS DISTINCT FROM OLD.at
        OR NEW.record IS NOT NULL OR NEW.salt IS NOT NULL THEN
        RAISE EXCEPTION 'of a ledger entry only the record can be erased';
    END IF;
    RETURN NEW;
END
$$;
SET default_tablespace = '';
SET default_table_access_method = heap;
CREATE TABLE public.account_contacts (
    account_id text NOT NULL,
    contact_id text NOT NULL,
    joined timestamp without time zone NOT NULL
);
CREATE TABLE public.accounts (
    id text NOT NULL,
    provider text NOT NULL,
    issuer text NOT NULL,
    subject text NOT NULL,
    name text NOT NULL,
    staff_email text NOT NULL,
    created timestamp without time zone NOT NULL,
    last_sign_in timestamp without time zone,
    CONSTRAINT accounts_id_check CHECK ((id <> ''::text))
);
CREATE TABLE public.attempts (
    attempt_key text NOT NULL,
    at timestamp without time zone NOT NULL
);
CREATE TABLE public.contacts (
    id text NOT NULL,
    school text NOT NULL,
    name text NOT NULL,
    email text NOT NULL,
    phone text NOT NULL,
    CONSTRAINT contacts_id_check CHECK (((id <> ''::text) AND (id !~~ '% %'::text)))
);
CREATE TABLE public.decisions (
    id text NOT NULL,
    school text NOT NULL,
    pupil_id text NOT NULL,
    contact_id text NOT NULL,
    account_id text NOT NULL,
    text_slug text NOT NULL,
    edition integer NOT NULL,
    text_hash text NOT NULL,
    at timestamp without time zone NOT NULL,
    channel text NOT NULL,
    language text NOT NULL,
    answer text NOT NULL,
    seq integer NOT NULL,
    packed text NOT NULL,
    CONSTRAINT decisions_answer_check CHECK ((answer = ANY (ARRAY['given'::text, 'refused'::text, 'withdrawn'::text]))),
    CONSTRAINT decisions_channel_check CHECK ((channel = ANY (ARRAY['online'::text, 'paper'::text]))),
    CONSTRAINT decisions_check CHECK ((packed = (((((((((contact_id || ' '::text) || text_slug) || ' '::text) || (edition)::text) || ' '::text) || answer) || ' '::text) || (seq)::text) || ' '::text))),
    CONSTRAINT decisions_id_check CHECK ((id <> ''::text)),
    CONSTRAINT decisions_seq_check CHECK ((seq >= 1)),
    CONSTRAINT decisions_text_slug_check CHECK (((text_slug <> ''::text) AND (text_slug !~~ '% %'::text)))
);
CREATE TABLE public.held_forms (
    account_id text NOT NULL,
    path text NOT NULL,
    form text NOT NULL,
    at timestamp without time zone NOT NULL
);
CREATE TABLE public.imports (
    id text NOT NULL,
    school text NOT NULL,
    account_id text NOT NULL,
    list_rows text NOT NULL,
    at timestamp without time zone NOT NULL,
    CONSTRAINT imports_id_check CHECK ((id <> ''::text))
);
CREATE TABLE public.invitations (
    id text NOT NULL,
    contact_id text NOT NULL,
    code_hash text NOT NULL,
    issued timestamp without time zone NOT NULL,
    expires timestamp without time zone NOT NULL,
    used timestamp without time zone,
    CONSTRAINT invitations_code_hash_check CHECK ((code_hash <> ''::text)),
    CONSTRAINT invitations_id_check CHECK ((id <> ''::text))
);
CREATE TABLE public.ledger (
    idx bigint NOT NULL,
    previous bigint,
    record_id text NOT NULL,
    salt bytea,
    record text,
    at timestamp without time zone NOT NULL,
    CONSTRAINT ledger_check CHECK ((((idx = 0) AND (previous IS NULL)) OR ((idx > 0) AND (previous IS NOT NULL) AND (previous = (idx - 1))))),
    CONSTRAINT ledger_check1 CHECK ((((salt IS NULL) AND (record IS NULL)) OR ((salt IS NOT NULL) AND (length(salt) = 32) AND (record IS NOT NULL)))),
    CONSTRAINT ledger_record_id_check CHECK ((record_id <> ''::text))
);
CREATE TABLE public.ledger_hashes (
    idx bigint NOT NULL,
    previous bigint,
    hash bytea NOT NULL,
    CONSTRAINT ledger_hashes_check CHECK ((((idx = 0) AND (previous IS NULL)) OR ((idx > 0) AND (previous IS NOT NULL) AND (previous = (idx - 1))))),
    CONSTRAINT ledger_hashes_hash_check CHECK ((length(hash) = 32))
);
CREATE TABLE public.pupils (
    id text NOT NULL,
    school text NOT NULL,
    upn text NOT NULL,
    admission_number text NOT NULL,
    forename text NOT NULL,
    surname text NOT NULL,
    born text NOT NULL,
    school_year integer NOT NULL,
    reg_group text NOT NULL,
    looked_after boolean NOT NULL,
    left_at timestamp without time zone,
    sort_key bytea NOT NULL,
    CONSTRAINT pupils_id_check CHECK ((id <> ''::text))
);
CREATE TABLE public.responsibilities (
    pupil_id text NOT NULL,
    contact_id text NOT NULL,
    relationship text NOT NULL,
    priority integer NOT NULL,
    parental boolean NOT NULL,
    court_order boolean NOT NULL,
    packed text NOT NULL,
    CONSTRAINT responsibilities_check CHECK ((packed = (((((((contact_id ||
CASE
    WHEN parental THEN ' 1'::text
    ELSE ' 0'::text
END) ||
CASE
    WHEN court_order THEN ' 1 '::text
    ELSE ' 0 '::text
END) || (priority)::text) || ' '::text) || (length(relationship))::text) || ' '::text) || relationship))),
    CONSTRAINT responsibilities_priority_check CHECK ((priority >= 0))
);
CREATE TABLE public.schema_version (
    id integer NOT NULL,
    version_id bigint NOT NULL,
    is_applied boolean NOT NULL,
    tstamp timestamp without time zone DEFAULT now() NOT NULL
);
ALTER TABLE public.schema_version ALTER COLUMN id ADD GENERATED BY DEFAULT AS IDENTITY (
    SEQUENCE NAME public.schema_version_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1
);
CREATE TABLE public.schools (
    slug text NOT NULL,
    content_hash text NOT NULL,
    content text NOT NULL,
    CONSTRAINT schools_slug_check CHECK ((slug <> ''::text))
);
CREATE TABLE public.sessions (
    hash text NOT NULL,
    account_id text,
    handshake text NOT NULL,
    return_to text NOT NULL,
    created timestamp without time zone NOT NULL,
    expires timestamp without time zone NOT NULL,
    CONSTRAINT sessions_hash_check CHECK ((hash <> ''::text))
);
CREATE TABLE public.signatures (
    id text NOT NULL,
    school text NOT NULL,
    pupil_id text NOT NULL,
    contact_id text NOT NULL,
    account_id text NOT NULL,
    text_slug text NOT NULL,
    edition integer NOT NULL,
    text_hash text NOT NULL,
    at timestamp without time zone NOT NULL,
    channel text NOT NULL,
    language text NOT NULL,
    typed_name text NOT NULL,
    packed text NOT NULL,
    CONSTRAINT signatures_channel_check CHECK ((channel = ANY (ARRAY['online'::text, 'paper'::text]))),
    CONSTRAINT signatures_check CHECK ((packed = (((((contact_id || ' '::text) || text_slug) || ' '::text) || (edition)::text) || ' '::text))),
    CONSTRAINT signatures_id_check CHECK ((id <> ''::text)),
    CONSTRAINT signatures_text_slug_check CHECK (((text_slug <> ''::text) AND (text_slug !~~ '% %'::text)))
);
CREATE TABLE public.texts (
    school text NOT NULL,
    hash text NOT NULL,
    kind text NOT NULL,
    slug text NOT NULL,
    title text NOT NULL,
    edition integer NOT NULL,
    source text NOT NULL,
    html text NOT NULL,
    path text NOT NULL,
    published timestamp without time zone,
    summary text NOT NULL,
    statement text NOT NULL,
    question text NOT NULL,
    if_given text NOT NULL,
    if_refused text NOT NULL,
    CONSTRAINT texts_hash_check CHECK ((hash <> ''::text)),
    CONSTRAINT texts_kind_check CHECK ((kind = ANY (ARRAY['agreement'::text, 'purpose'::text]))),
    CONSTRAINT texts_slug_check CHECK (((slug <> ''::text) AND (slug !~~ '% %'::text)))
);
INSERT INTO public.account_contacts VALUES ('RY7GHXRVJX7X4HHN47IZEK5IL5', 'OVD3VGPSSNMY7LZX4SYHGZCV5C', '2026-09-07 09:00:00');
INSERT INTO public.account_contacts VALUES ('CRMHPPXZ4MINVUZZHUXQOJ5KG2', 'EBZWQQH4C7Q6MGBKQFSTA7XH7T', '2026-09-07 09:00:00');
INSERT INTO public.accounts VALUES ('RY7GHXRVJX7X4HHN47IZEK5IL5', 'google', 'https://accounts.google.example', 'Mrs Jo Lee', '', '', '2026-09-07 09:00:00', '2026-09-07 09:00:00');
INSERT INTO public.accounts VALUES ('CRMHPPXZ4MINVUZZHUXQOJ5KG2', 'google', 'https://accounts.google.example', 'Mr Al Lee', '', '', '2026-09-07 09:00:00', '2026-09-07 09:00:00');
INSERT INTO public.contacts VALUES ('OVD3VGPSSNMY7LZX4SYHGZCV5C', 'st-anne', 'Mrs Jo Lee', 'mrs.jo.lee@home.example', '');
INSERT INTO public.contacts VALUES ('EBZWQQH4C7Q6MGBKQFSTA7XH7T', 'st-anne', 'Mr Al Lee', 'mr.al.lee@home.example', '');
INSERT INTO public.contacts VALUES ('JTL6CSXOXHYMJJLFPEJ35JQ6GC', 'st-anne', 'Mrs Gran Lee', 'mrs.gran.lee@home.example', '');
INSERT INTO public.contacts VALUES ('WRGC5XPIHFQPRFCPJ5BCTONBRW', 'st-anne', 'Mr Max Stone', 'mr.max.stone@home.example', '');
INSERT INTO public.contacts VALUES ('ULPECDE2FBXT7PD3Q5I32VRITF', 'st-anne', 'Ms Pia Poe', 'ms.pia.poe@home.example', '');
INSERT INTO public.contacts VALUES ('DGNJXQJQM6CX2PTATNY5VI34RN', 'st-anne', 'Mr Tom Fay', 'mr.tom.fay@home.example', '');
INSERT INTO public.contacts VALUES ('FQ7V5WMPKLIQLLLR223LK3PGWQ', 'st-bede', 'Ms Kim Roe', 'kim@home.example', '');
INSERT INTO public.decisions VALUES ('GF2IBC5EEIWSHLO6JYJWF7EHQH', 'st-anne', 'T2UW7NZXS2QNVDUXIE3SXNHN3M', 'OVD3VGPSSNMY7LZX4SYHGZCV5C', 'RY7GHXRVJX7X4HHN47IZEK5IL5', 'website-pictures', 1, '6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6', '2026-09-07 09:01:00', 'online', 'en-GB', 'given', 1, 'OVD3VGPSSNMY7LZX4SYHGZCV5C website-pictures 1 given 1 ');
INSERT INTO public.decisions VALUES ('4WC434NVE7WLNDUN2WCA7AZK6N', 'st-anne', 'T2UW7NZXS2QNVDUXIE3SXNHN3M', 'EBZWQQH4C7Q6MGBKQFSTA7XH7T', 'CRMHPPXZ4MINVUZZHUXQOJ5KG2', 'website-pictures', 1, '6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6', '2026-09-07 09:01:01.234567', 'online', 'en-GB', 'given', 1, 'EBZWQQH4C7Q6MGBKQFSTA7XH7T website-pictures 1 given 1 ');
INSERT INTO public.decisions VALUES ('76VF3O5YSJ4MYSTVTCWCT5MAQW', 'st-anne', 'FQ4PAFRPVXDEPEC36XEU4PVI2W', 'EBZWQQH4C7Q6MGBKQFSTA7XH7T', 'CRMHPPXZ4MINVUZZHUXQOJ5KG2', 'website-pictures', 1, '6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6', '2026-09-07 09:01:01.234567', 'online', 'en-GB', 'refused', 1, 'EBZWQQH4C7Q6MGBKQFSTA7XH7T website-pictures 1 refused 1 ');
INSERT INTO public.decisions VALUES ('T4PVHAZINCOSG6Z76NKXLKT3PA', 'st-anne', 'T2UW7NZXS2QNVDUXIE3SXNHN3M', 'EBZWQQH4C7Q6MGBKQFSTA7XH7T', 'CRMHPPXZ4MINVUZZHUXQOJ5KG2', 'website-pictures', 2, 'ed0e1754c3fe7345d891771ac78e28806e82585330171f66c62312ebd1324fc8', '2026-09-07 09:01:01.234567', 'online', 'en-GB', 'withdrawn', 2, 'EBZWQQH4C7Q6MGBKQFSTA7XH7T website-pictures 2 withdrawn 2 ');
INSERT INTO public.invitations VALUES ('KH7NNWYI37AQ4JCDF54KM6SCEO', 'OVD3VGPSSNMY7LZX4SYHGZCV5C', '031de91c3a4a4269866cf89c1570a47dceeb84ec3d96b6dbdc33a167537fa095', '2026-09-07 09:00:00', '2026-11-06 09:00:00', '2026-09-07 09:00:00');
INSERT INTO public.invitations VALUES ('DV6C4YNH4MX4MWA7VT2Y2FPRQG', 'DGNJXQJQM6CX2PTATNY5VI34RN', 'c625409cd52e98635bfbf92732d96019d634a9201bf7bff069827a8117d2e66d', '2026-09-07 09:00:00', '2026-11-06 09:00:00', '2026-09-07 09:00:00');
INSERT INTO public.invitations VALUES ('KSLGGULLE4RC2JHPHTSRYIZB4O', 'DGNJXQJQM6CX2PTATNY5VI34RN', 'eba564d728e425a3c911b5c497812363e0adcee7848af8edccdaa120e8e81ee5', '2026-09-07 09:00:00', '2026-11-06 09:00:00', NULL);
INSERT INTO public.invitations VALUES ('VJAHNW453GOAB2POOEU6DPLFDH', 'EBZWQQH4C7Q6MGBKQFSTA7XH7T', '08aee3d607b251810b0dfa53e784792db2922ce37b632ce48d4b382513a2117c', '2026-09-07 09:00:00', '2026-11-06 09:00:00', '2026-09-07 09:00:00');
INSERT INTO public.invitations VALUES ('AW56ZMV3PRKUXV34FUUR5KIJM2', 'ULPECDE2FBXT7PD3Q5I32VRITF', '2d53916d6937b146f05f3e3c11f1f7639bcf35c42b0c05b916674614783d74c6', '2026-09-07 09:00:00', '2026-11-06 09:00:00', '2026-09-07 09:00:00');
INSERT INTO public.invitations VALUES ('P3PC2CZWHWEMYXRZHJKTMUK2HK', 'ULPECDE2FBXT7PD3Q5I32VRITF', '3f053d843bcd79c2e6333e1dcb1215ac5d2ad9ed69038b8945e57b501d752a1d', '2026-09-07 09:00:00', '2026-11-06 09:00:00', NULL);
INSERT INTO public.invitations VALUES ('EYQBSDETIZN5Z247FTMVTQUK63', 'EBZWQQH4C7Q6MGBKQFSTA7XH7T', 'b5282bab98da6c7a9cab882159a3fa658b1b28559d3217e16aaf9827be676287', '2026-09-07 09:00:00', '2026-11-06 09:00:00', '2026-09-07 09:00:00');
INSERT INTO public.ledger VALUES (0, NULL, 'QVQCII25POT3ZKC6N2DXIYE4XI', '\x23ab5f717ffc6d5838c6effeec63bbbe163de187729ef8b061b1046bdeaba0a2', '{"type":"signature","id":"QVQCII25POT3ZKC6N2DXIYE4XI","school":"st-anne","pupil":"T2UW7NZXS2QNVDUXIE3SXNHN3M","contact":"OVD3VGPSSNMY7LZX4SYHGZCV5C","account":"RY7GHXRVJX7X4HHN47IZEK5IL5","text":"parents-aup","edition":1,"sha256":"1f8287ed8fb180c305aa4b66211066c59fe62589bebe30d18837543c1f974a51","typed_name":"Jo Lee","at":"2026-09-07T09:00:00Z","channel":"online","language":"en-GB"}', '2026-09-07 09:00:00');
INSERT INTO public.ledger VALUES (1, 0, 'GF2IBC5EEIWSHLO6JYJWF7EHQH', '\x1e55007e177e3097c792f613756e2e7fd256e3cb0525a758e0ce5999fc36bf28', '{"type":"decision","id":"GF2IBC5EEIWSHLO6JYJWF7EHQH","school":"st-anne","pupil":"T2UW7NZXS2QNVDUXIE3SXNHN3M","contact":"OVD3VGPSSNMY7LZX4SYHGZCV5C","account":"RY7GHXRVJX7X4HHN47IZEK5IL5","text":"website-pictures","edition":1,"sha256":"6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6","answer":"given","at":"2026-09-07T09:01:00Z","channel":"online","language":"en-GB"}', '2026-09-07 09:01:00');
INSERT INTO public.ledger VALUES (2, 1, '4WC434NVE7WLNDUN2WCA7AZK6N', '\x85b2850d0f593999201fd6743f0e485566e2c25187faff632b54c854f5421506', '{"type":"decision","id":"4WC434NVE7WLNDUN2WCA7AZK6N","school":"st-anne","pupil":"T2UW7NZXS2QNVDUXIE3SXNHN3M","contact":"EBZWQQH4C7Q6MGBKQFSTA7XH7T","account":"CRMHPPXZ4MINVUZZHUXQOJ5KG2","text":"website-pictures","edition":1,"sha256":"6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6","answer":"given","at":"2026-09-07T09:01:01.234567Z","channel":"online","language":"en-GB"}', '2026-09-07 09:01:01.234567');
INSERT INTO public.ledger VALUES (3, 2, '76VF3O5YSJ4MYSTVTCWCT5MAQW', '\xe09be97d79b507ab8c9d206a2fd6d5f4cc9674ae98e957488ef3e4382b2066dc', '{"type":"decision","id":"76VF3O5YSJ4MYSTVTCWCT5MAQW","school":"st-anne","pupil":"FQ4PAFRPVXDEPEC36XEU4PVI2W","contact":"EBZWQQH4C7Q6MGBKQFSTA7XH7T","account":"CRMHPPXZ4MINVUZZHUXQOJ5KG2","text":"website-pictures","edition":1,"sha256":"6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6","answer":"refused","at":"2026-09-07T09:01:01.234567Z","channel":"online","language":"en-GB"}', '2026-09-07 09:01:01.234567');
INSERT INTO public.ledger VALUES (4, 3, 'T4PVHAZINCOSG6Z76NKXLKT3PA', '\x34bf7b118ddf6c2ef6d86acc03954bef3e18395cc32ab252f78def7e8263fb4e', '{"type":"decision","id":"T4PVHAZINCOSG6Z76NKXLKT3PA","school":"st-anne","pupil":"T2UW7NZXS2QNVDUXIE3SXNHN3M","contact":"EBZWQQH4C7Q6MGBKQFSTA7XH7T","account":"CRMHPPXZ4MINVUZZHUXQOJ5KG2","text":"website-pictures","edition":2,"sha256":"ed0e1754c3fe7345d891771ac78e28806e82585330171f66c62312ebd1324fc8","answer":"withdrawn","at":"2026-09-07T09:01:01.234567Z","channel":"online","language":"en-GB"}', '2026-09-07 09:01:01.234567');
INSERT INTO public.ledger_hashes VALUES (0, NULL, '\xa782356b33ea50cf1b0e059d97d1f462e3ec30f194e061503d729855487f6628');
INSERT INTO public.ledger_hashes VALUES (1, 0, '\x5850f2fad0fbc13307c82f002af953b2ac997991874e711158bde37aff89dbbf');
INSERT INTO public.ledger_hashes VALUES (2, 1, '\x239b4a28b9c8cdf52284eec9b5edd9e2bcc03482c3dd0a48623307d2fe2fdffd');
INSERT INTO public.ledger_hashes VALUES (3, 2, '\x0f38b9817c05b26891140c03e06d1385b6fd2dd7c468a671597eeb1938a92f5d');
INSERT INTO public.ledger_hashes VALUES (4, 3, '\x96e6c29fa4a6741a081a2fb3ab8f36e54b983f02e740ec3341b79c595f2ac8b8');
INSERT INTO public.ledger_hashes VALUES (5, 4, '\x86c84684df89a296f8ae9a9624378e6f4b06ab1de48a363c795a00c9eeaa6c9c');
INSERT INTO public.ledger_hashes VALUES (6, 5, '\x4f426534b162158794a27dd34d9e6b1ddf57e3ca57724ad659bd483716b3f96f');
INSERT INTO public.ledger_hashes VALUES (7, 6, '\xea2992ce18743533b25866ac3bd88235eb6b4f1ce4a21db29bafaac95f35e36b');
INSERT INTO public.pupils VALUES ('T2UW7NZXS2QNVDUXIE3SXNHN3M', 'st-anne', '', 'A1', 'Ann', 'Lee', '2017-09-01', 4, '4K', false, NULL, '\x14ea16ff0000002000200000020800001711164c164c00000020002000200000080202000015ef174f174f000000200020002000000802020000');
INSERT INTO public.pupils VALUES ('FQ4PAFRPVXDEPEC36XEU4PVI2W', 'st-anne', '', 'A2', 'Bo', 'Lee', '2019-03-14', 2, '2M', false, NULL, '\x14e817410000002000200000020800001711164c164c00000020002000200000080202000016051771000000200020000008020000');
INSERT INTO public.pupils VALUES ('66PGAKOZ4JYEOCVQWI3R4AI2JH', 'st-anne', '', 'A3', 'Cat', 'Poe', '2017-11-30', 4, '4K', false, NULL, '\x14ea16ff00000020002000000208000017961771164c000000200020002000000802020000161d15ef1816000000200020002000000802020000');
INSERT INTO public.pupils VALUES ('QLB54OH3KFKGYWZ6KX464Y4OPZ', 'st-anne', '', 'A4', 'Dee', 'Fay', '2018-05-05', 3, '3H', true, NULL, '\x14e916b4000000200020000002080000168415ef18800000002000200020000008020200001631164c164c000000200020002000000802020000');
INSERT INTO public.pupils VALUES ('VUUCZRJF7ICTJXPJKXIK4JZUTF', 'st-bede', '', 'B1', 'Eve', 'Roe', '2015-02-02', 6, '6R', false, NULL, '\x14ec17bd00000020002000000208000017bd1771164c000000200020002000000802020000164c185f164c000000200020002000000802020000');
INSERT INTO public.responsibilities VALUES ('T2UW7NZXS2QNVDUXIE3SXNHN3M', 'OVD3VGPSSNMY7LZX4SYHGZCV5C', 'Mother', 0, true, false, 'OVD3VGPSSNMY7LZX4SYHGZCV5C 1 0 0 6 Mother');
INSERT INTO public.responsibilities VALUES ('T2UW7NZXS2QNVDUXIE3SXNHN3M', 'EBZWQQH4C7Q6MGBKQFSTA7XH7T', 'Father', 0, true, false, 'EBZWQQH4C7Q6MGBKQFSTA7XH7T 1 0 0 6 Father');
INSERT INTO public.responsibilities VALUES ('T2UW7NZXS2QNVDUXIE3SXNHN3M', 'JTL6CSXOXHYMJJLFPEJ35JQ6GC', 'Grandmother', 0, false, false, 'JTL6CSXOXHYMJJLFPEJ35JQ6GC 0 0 0 11 Grandmother');
INSERT INTO public.responsibilities VALUES ('T2UW7NZXS2QNVDUXIE3SXNHN3M', 'WRGC5XPIHFQPRFCPJ5BCTONBRW', 'Stepfather', 0, true, true, 'WRGC5XPIHFQPRFCPJ5BCTONBRW 1 1 0 10 Stepfather');
INSERT INTO public.responsibilities VALUES ('FQ4PAFRPVXDEPEC36XEU4PVI2W', 'OVD3VGPSSNMY7LZX4SYHGZCV5C', 'Mother', 0, true, false, 'OVD3VGPSSNMY7LZX4SYHGZCV5C 1 0 0 6 Mother');
INSERT INTO public.responsibilities VALUES ('FQ4PAFRPVXDEPEC36XEU4PVI2W', 'EBZWQQH4C7Q6MGBKQFSTA7XH7T', 'Father', 0, true, false, 'EBZWQQH4C7Q6MGBKQFSTA7XH7T 1 0 0 6 Father');
INSERT INTO public.responsibilities VALUES ('66PGAKOZ4JYEOCVQWI3R4AI2JH', 'ULPECDE2FBXT7PD3Q5I32VRITF', 'Mother', 0, true, false, 'ULPECDE2FBXT7PD3Q5I32VRITF 1 0 0 6 Mother');
INSERT INTO public.responsibilities VALUES ('QLB54OH3KFKGYWZ6KX464Y4OPZ', 'DGNJXQJQM6CX2PTATNY5VI34RN', 'Father', 0, true, false, 'DGNJXQJQM6CX2PTATNY5VI34RN 1 0 0 6 Father');
INSERT INTO public.responsibilities VALUES ('VUUCZRJF7ICTJXPJKXIK4JZUTF', 'FQ7V5WMPKLIQLLLR223LK3PGWQ', 'Mother', 0, true, false, 'FQ7V5WMPKLIQLLLR223LK3PGWQ 1 0 0 6 Mother');
INSERT INTO public.schema_version VALUES (1, 0, true, '2026-11-27 04:38:27.404566');
INSERT INTO public.schema_version VALUES (2, 1, true, '2026-11-27 04:38:27.415538');
INSERT INTO public.schema_version VALUES (3, 2, true, '2026-11-27 04:38:27.459857');
INSERT INTO public.schools VALUES ('st-bede', 'e3351aed5345bcf46006c27f9c5ccb0cc34d918c1fc27613b42330b2979aa209', '{"Slug":"st-bede","Name":"School st-bede","ShortName":"","Address":null,"Phone":"","Email":"","Site":"https://st-bede.example/","Texts":[{"School":"st-bede","Kind":"agreement","Slug":"parents-aup","Title":"Title of parents-aup","Edition":1,"Hash":"53022194a6fa5c6800d7ca995c33202b47f7b2b4d7200ff7be0927e465622cbb","Source":"agreement parents-aup of st-bede, edition 1\n","HTML":"","Path":"/parents-aup/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-bede","Kind":"agreement","Slug":"home-school-agreement","Title":"Title of home-school-agreement","Edition":1,"Hash":"451c680ee8c3bc1f2636a90de3afa19d02b7bad7e30b6aa7ca78d97cc7d967b3","Source":"agreement home-school-agreement of st-bede, edition 1\n","HTML":"","Path":"/home-school-agreement/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-bede","Kind":"purpose","Slug":"video-calls","Title":"Title of video-calls","Edition":1,"Hash":"4e54b4f3db0dc394496d5d63cfb5edcedac3844bd338ae744b70aa78ae0bab53","Source":"purpose video-calls of st-bede, edition 1\n","HTML":"","Path":"/video-calls/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-bede","Kind":"purpose","Slug":"website-pictures","Title":"Title of website-pictures","Edition":1,"Hash":"1772e15570dea6488906b0077a52ca972069acd0d453f2f6e41e3b91c690cac5","Source":"purpose website-pictures of st-bede, edition 1\n","HTML":"","Path":"/website-pictures/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""}]}');
INSERT INTO public.schools VALUES ('st-anne', '1feff6b3bff3e9b79a0617bdce4eb07ba83a2ada39641080b511af8e37daba4b', '{"Slug":"st-anne","Name":"School st-anne","ShortName":"","Address":null,"Phone":"","Email":"","Site":"https://st-anne.example/","Texts":[{"School":"st-anne","Kind":"agreement","Slug":"parents-aup","Title":"Title of parents-aup","Edition":2,"Hash":"74b09a2c5dd4c142e29aef3ef0b63bd2e28fb22a37eabcd17837c85339d745e9","Source":"agreement parents-aup of st-anne, edition 2\n","HTML":"","Path":"/parents-aup/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-anne","Kind":"agreement","Slug":"home-school-agreement","Title":"Title of home-school-agreement","Edition":2,"Hash":"5af6137a6948c15f75b5b410788b55e76ed862b7a5762ecddf0279153b18924a","Source":"agreement home-school-agreement of st-anne, edition 2\n","HTML":"","Path":"/home-school-agreement/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-anne","Kind":"purpose","Slug":"video-calls","Title":"Title of video-calls","Edition":2,"Hash":"1dc24bcceb7ef1c181e37d30b24773cd4a5e6653dc655608f2638e3d8bd19520","Source":"purpose video-calls of st-anne, edition 2\n","HTML":"","Path":"/video-calls/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""},{"School":"st-anne","Kind":"purpose","Slug":"website-pictures","Title":"Title of website-pictures","Edition":2,"Hash":"ed0e1754c3fe7345d891771ac78e28806e82585330171f66c62312ebd1324fc8","Source":"purpose website-pictures of st-anne, edition 2\n","HTML":"","Path":"/website-pictures/","Published":"2026-09-01T00:00:00Z","Summary":"","Statement":"","Question":"","IfGiven":"","IfRefused":""}]}');
INSERT INTO public.signatures VALUES ('QVQCII25POT3ZKC6N2DXIYE4XI', 'st-anne', 'T2UW7NZXS2QNVDUXIE3SXNHN3M', 'OVD3VGPSSNMY7LZX4SYHGZCV5C', 'RY7GHXRVJX7X4HHN47IZEK5IL5', 'parents-aup', 1, '1f8287ed8fb180c305aa4b66211066c59fe62589bebe30d18837543c1f974a51', '2026-09-07 09:00:00', 'online', 'en-GB', 'Jo Lee', 'OVD3VGPSSNMY7LZX4SYHGZCV5C parents-aup 1 ');
INSERT INTO public.texts VALUES ('st-anne', '1f8287ed8fb180c305aa4b66211066c59fe62589bebe30d18837543c1f974a51', 'agreement', 'parents-aup', 'Title of parents-aup', 1, 'agreement parents-aup of st-anne, edition 1
', '', '/parents-aup/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-anne', 'ba1df9247cf9c6794b60e00323c81570e005c7f2d3aab3f2eb6019f6b12dbd43', 'agreement', 'home-school-agreement', 'Title of home-school-agreement', 1, 'agreement home-school-agreement of st-anne, edition 1
', '', '/home-school-agreement/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-anne', '365e73d0b002a4df923e769b2b13dcff48bf4c7d5dc31ddbea3680579eb64d5b', 'purpose', 'video-calls', 'Title of video-calls', 1, 'purpose video-calls of st-anne, edition 1
', '', '/video-calls/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-anne', '6d6cf6a0afbcfcf4767dbe34be1af968864b70d264f7e8a0e751ce79c6cd89b6', 'purpose', 'website-pictures', 'Title of website-pictures', 1, 'purpose website-pictures of st-anne, edition 1
', '', '/website-pictures/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-bede', '53022194a6fa5c6800d7ca995c33202b47f7b2b4d7200ff7be0927e465622cbb', 'agreement', 'parents-aup', 'Title of parents-aup', 1, 'agreement parents-aup of st-bede, edition 1
', '', '/parents-aup/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-bede', '451c680ee8c3bc1f2636a90de3afa19d02b7bad7e30b6aa7ca78d97cc7d967b3', 'agreement', 'home-school-agreement', 'Title of home-school-agreement', 1, 'agreement home-school-agreement of st-bede, edition 1
', '', '/home-school-agreement/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-bede', '4e54b4f3db0dc394496d5d63cfb5edcedac3844bd338ae744b70aa78ae0bab53', 'purpose', 'video-calls', 'Title of video-calls', 1, 'purpose video-calls of st-bede, edition 1
', '', '/video-calls/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-bede', '1772e15570dea6488906b0077a52ca972069acd0d453f2f6e41e3b91c690cac5', 'purpose', 'website-pictures', 'Title of website-pictures', 1, 'purpose website-pictures of st-bede, edition 1
', '', '/website-pictures/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-anne', '74b09a2c5dd4c142e29aef3ef0b63bd2e28fb22a37eabcd17837c85339d745e9', 'agreement', 'parents-aup', 'Title of parents-aup', 2, 'agreement parents-aup of st-anne, edition 2
', '', '/parents-aup/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-anne', '5af6137a6948c15f75b5b410788b55e76ed862b7a5762ecddf0279153b18924a', 'agreement', 'home-school-agreement', 'Title of home-school-agreement', 2, 'agreement home-school-agreement of st-anne, edition 2
', '', '/home-school-agreement/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-anne', '1dc24bcceb7ef1c181e37d30b24773cd4a5e6653dc655608f2638e3d8bd19520', 'purpose', 'video-calls', 'Title of video-calls', 2, 'purpose video-calls of st-anne, edition 2
', '', '/video-calls/', '2026-09-01 00:00:00', '', '', '', '', '');
INSERT INTO public.texts VALUES ('st-anne', 'ed0e1754c3fe7345d891771ac78e28806e82585330171f66c62312ebd1324fc8', 'purpose', 'website-pictures', 'Title of website-pictures', 2, 'purpose website-pictures of st-anne, edition 2
', '', '/website-pictures/', '2026-09-01 00:00:00', '', '', '', '', '');
SELECT pg_catalog.setval('public.schema_version_id_seq', 3, true);
ALTER TABLE ONLY public.account_contacts
    ADD CONSTRAINT account_contacts_pkey PRIMARY KEY (account_id, contact_id);
ALTER TABLE ONLY public.accounts
    ADD CONSTRAINT accounts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.held_forms
    ADD CONSTRAINT held_forms_pkey PRIMARY KEY (account_id, path);
ALTER TABLE ONLY public.imports
    ADD CONSTRAINT imports_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.ledger_hashes
    ADD CONSTRAINT ledger_hashes_pkey PRIMARY KEY (idx);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_pkey PRIMARY KEY (idx);
ALTER TABLE ONLY public.pupils
    ADD CONSTRAINT pupils_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.responsibilities
    ADD CONSTRAINT responsibilities_pkey PRIMARY KEY (pupil_id, contact_id);
ALTER TABLE ONLY public.schema_version
    ADD CONSTRAINT schema_version_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.schools
    ADD CONSTRAINT schools_pkey PRIMARY KEY (slug);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_pkey PRIMARY KEY (hash);
ALTER TABLE ONLY public.signatures
    ADD CONSTRAINT signatures_pkey PRIMARY KEY (id);
ALTER TABLE ONLY public.texts
    ADD CONSTRAINT texts_pkey PRIMARY KEY (school, hash);
CREATE INDEX account_contacts_contact ON public.account_contacts USING btree (contact_id);
CREATE UNIQUE INDEX accounts_identity ON public.accounts USING btree (provider, issuer, subject);
CREATE INDEX attempts_at ON public.attempts USING btree (at);
CREATE INDEX attempts_key ON public.attempts USING btree (attempt_key, at);
CREATE INDEX contacts_school ON public.contacts USING btree (school, id);
CREATE UNIQUE INDEX decisions_once ON public.decisions USING btree (pupil_id, contact_id, text_slug, seq);
CREATE INDEX decisions_packed ON public.decisions USING btree (pupil_id, packed);
CREATE UNIQUE INDEX invitations_code ON public.invitations USING btree (code_hash);
CREATE UNIQUE INDEX invitations_open ON public.invitations USING btree (contact_id) WHERE (used IS NULL);
CREATE UNIQUE INDEX ledger_record ON public.ledger USING btree (record_id);
CREATE INDEX pupils_order ON public.pupils USING btree (school, school_year, sort_key, id);
CREATE UNIQUE INDEX pupils_upn ON public.pupils USING btree (school, upn) WHERE (upn <> ''::text);
CREATE INDEX responsibilities_contact ON public.responsibilities USING btree (contact_id, pupil_id);
CREATE UNIQUE INDEX schema_version_once ON public.schema_version USING btree (version_id);
CREATE INDEX sessions_expires ON public.sessions USING btree (expires);
CREATE UNIQUE INDEX signatures_once ON public.signatures USING btree (pupil_id, contact_id, text_hash);
CREATE INDEX signatures_packed ON public.signatures USING btree (pupil_id, packed);
CREATE TRIGGER decisions_only_added BEFORE DELETE OR UPDATE OR TRUNCATE ON public.decisions FOR EACH STATEMENT EXECUTE FUNCTION public.only_added();
CREATE TRIGGER ledger_hashes_only_added BEFORE DELETE OR UPDATE OR TRUNCATE ON public.ledger_hashes FOR EACH STATEMENT EXECUTE FUNCTION public.only_added();
CREATE TRIGGER ledger_only_added BEFORE DELETE OR TRUNCATE ON public.ledger FOR EACH STATEMENT EXECUTE FUNCTION public.only_added();
CREATE TRIGGER ledger_only_erase BEFORE UPDATE ON public.ledger FOR EACH ROW EXECUTE FUNCTION public.only_erased();
CREATE TRIGGER signatures_only_added BEFORE DELETE OR UPDATE OR TRUNCATE ON public.signatures FOR EACH STATEMENT EXECUTE FUNCTION public.only_added();
CREATE TRIGGER texts_only_added BEFORE DELETE OR UPDATE OR TRUNCATE ON public.texts FOR EACH STATEMENT EXECUTE FUNCTION public.only_added();
ALTER TABLE ONLY public.account_contacts
    ADD CONSTRAINT account_contacts_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.account_contacts
    ADD CONSTRAINT account_contacts_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES public.contacts(id);
ALTER TABLE ONLY public.contacts
    ADD CONSTRAINT contacts_school_fkey FOREIGN KEY (school) REFERENCES public.schools(slug);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES public.contacts(id);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_pupil_id_fkey FOREIGN KEY (pupil_id) REFERENCES public.pupils(id);
ALTER TABLE ONLY public.decisions
    ADD CONSTRAINT decisions_school_text_hash_fkey FOREIGN KEY (school, text_hash) REFERENCES public.texts(school, hash);
ALTER TABLE ONLY public.held_forms
    ADD CONSTRAINT held_forms_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.invitations
    ADD CONSTRAINT invitations_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES public.contacts(id);
ALTER TABLE ONLY public.ledger_hashes
    ADD CONSTRAINT ledger_hashes_previous_fkey FOREIGN KEY (previous) REFERENCES public.ledger_hashes(idx);
ALTER TABLE ONLY public.ledger
    ADD CONSTRAINT ledger_previous_fkey FOREIGN KEY (previous) REFERENCES public.ledger(idx);
ALTER TABLE ONLY public.pupils
    ADD CONSTRAINT pupils_school_fkey FOREIGN KEY (school) REFERENCES public.schools(slug);
ALTER TABLE ONLY public.responsibilities
    ADD CONSTRAINT responsibilities_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES public.contacts(id);
ALTER TABLE ONLY public.responsibilities
    ADD CONSTRAINT responsibilities_pupil_id_fkey FOREIGN KEY (pupil_id) REFERENCES public.pupils(id);
ALTER TABLE ONLY public.sessions
    ADD CONSTRAINT sessions_account_id_fkey FOREIGN KEY (account_id) REFERENCES public.accounts(id);
ALTER TABLE ONLY public.signatures
    ADD CONSTRAINT signatures_contact_id_fkey FOREIGN KEY (contact_id) REFERENCES public.contacts(id);
ALTER TABLE ONLY public.signatures
    ADD CONSTRAINT signatures_pupil_id_fkey FOREIGN KEY (pupil_id) REFERENCES public.pupils(id);
ALTER TABLE ONLY public.signatures
    ADD CONSTRAINT signatures_school_text_hash_fkey FOREIGN KEY (school, text_hash) REFERENCES public.texts(school, hash);
ALTER TABLE ONLY public.texts
    ADD CONSTRAINT texts_school_fkey FOREIGN KEY (school) REFERENCES public.schools(slug);
