from django.db import migrations, models

LIKE = "printing_cardrequest_receipt_e6c4c03f_like"
# The index of the old uniqueness serves the new one under another name; nothing is built anew.
FORWARDS = [
    f"DROP INDEX {LIKE}",
    "ALTER TABLE printing_cardrequest RENAME CONSTRAINT printing_cardrequest_receipt_key TO request_receipt",
]
BACKWARDS = [
    "ALTER TABLE printing_cardrequest RENAME CONSTRAINT request_receipt TO printing_cardrequest_receipt_key",
    f"CREATE INDEX {LIKE} ON printing_cardrequest (receipt varchar_pattern_ops)",
]


class Migration(migrations.Migration):
    dependencies = [("printing", "0011_tallies_in_turn")]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[migrations.RunSQL(FORWARDS, BACKWARDS)],
            state_operations=[
                migrations.AlterField(
                    model_name="cardrequest",
                    name="receipt",
                    field=models.CharField(max_length=24, verbose_name="nomor resi"),
                ),
                migrations.AddConstraint(
                    model_name="cardrequest",
                    constraint=models.UniqueConstraint(fields=("receipt",), name="request_receipt"),
                ),
            ],
        ),
    ]
