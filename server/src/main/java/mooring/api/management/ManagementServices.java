package mooring.api.management;

import mooring.accounts.Allowlists;
import mooring.accounts.ApiKeys;
import mooring.accounts.Organizations;
import mooring.accounts.Projects;
import mooring.backup.Backups;
import mooring.catalog.Catalog;
import mooring.catalog.PriceLists;
import mooring.catalog.Prices;
import mooring.ledger.Balances;
import mooring.ledger.Budgets;
import mooring.ledger.LedgerVerifier;
import mooring.ledger.Nodes;
import mooring.ledger.Statements;
import mooring.ledger.Vouchers;
import mooring.ledger.Wallets;
import mooring.limits.LimitTable;
import mooring.limits.OwnLimits;
import mooring.metering.Adjustments;
import mooring.metering.EngineCounts;
import mooring.metering.RequestLog;
import mooring.metering.UsageReports;
import mooring.replicas.Replicas;
import mooring.time.Clock;

/// Everything that an operator can look at or change through this door.
public record ManagementServices(
        Organizations organizations,
        Projects projects,
        ApiKeys keys,
        Budgets budgets,
        Allowlists allowlists,
        OwnLimits limits,
        LimitTable limitTable,
        Wallets wallets,
        Balances balances,
        Vouchers vouchers,
        Statements statements,
        UsageReports usage,
        RequestLog requests,
        Adjustments adjustments,
        Catalog catalog,
        Replicas replicas,
        EngineCounts engineCounts,
        Prices prices,
        PricePublisher publisher,
        PriceLists priceLists,
        LedgerVerifier verifier,
        Nodes nodes,
        Backups backups,
        ConfigView config,
        ServerVersion version,
        Clock clock) {}
