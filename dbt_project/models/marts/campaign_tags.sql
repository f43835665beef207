{{ tags_carried("campaign_id", ref("int_campaigns")) }}
