"""Photos of stories as AVIF and WebP as well: those of before stay as JPEG alone."""

from django.db import migrations, models
from django.db.models import Q

COPIES = ("avif", "webp", "small_avif", "small_webp")


class Migration(migrations.Migration):
    dependencies = [("appeal", "0013_suspension_rules")]

    operations = [
        *(
            migrations.AddField("storyphoto", name, models.BinaryField(editable=False, null=True))
            for name in COPIES
        ),
        migrations.AddConstraint(
            model_name="storyphoto",
            constraint=models.CheckConstraint(
                name="story_photo_lighter_copies_come_together",
                condition=Q(avif=None, webp=None, small_avif=None, small_webp=None)
                | Q(avif__isnull=False, webp__isnull=False)
                & (
                    Q(small=None, small_avif=None, small_webp=None)
                    | Q(small__isnull=False, small_avif__isnull=False, small_webp__isnull=False)
                ),
            ),
        ),
    ]
