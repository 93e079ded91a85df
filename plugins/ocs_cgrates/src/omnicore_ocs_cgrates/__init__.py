"""CGRateS as the charging backend of OmniCore."""
