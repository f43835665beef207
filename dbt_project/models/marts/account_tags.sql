{{ tags_carried("account_email", ref("int_accounts")) }}
