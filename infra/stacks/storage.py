"""What is kept and told: buckets, queues with their dead letters, and the topic of notifications."""

import aws_cdk as cdk
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_s3 as s3
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from aws_cdk import region_info
from constructs import Construct

from infra.configuration import BUCKETS, Configuration

_HIDDEN = cdk.Duration.seconds(180)
"""How long a message is hidden after it was received: as long as the sensor takes at most."""

_MOST_RECEIVES = 5
_DELETES = ["s3:DeleteObject", "s3:DeleteObjectVersion"]
STAGING, ATHENA, DAGSTER, ACCESS, BALANCER = "staging/", "athena/", "dagster/", "access/", "balancer/"
"""Prefixes in the buckets of results and logs."""


class StorageStack(cdk.Stack):
    """Buckets that nobody outside reaches, queues that lose nothing, one topic.

    Attributes
    ----------
    landing, lake, archives, results, logs : s3.Bucket
        Where senders put files; the immutable deliveries; archives of the slim container; what COPY, UNLOAD
        and Athena exchange; logs.
    uploads, uploads_dead, requests, requests_dead : sqs.Queue
        What S3 tells, what Step Functions asks, and what could not be read five times.
    notifications : sns.Topic
        What people are told.
    """

    def __init__(self, scope: Construct, config: Configuration) -> None:
        super().__init__(
            scope,
            config.named("storage"),
            env=cdk.Environment(account=config.account, region=config.region),
            description="Analytics platform: buckets, queues and the topic of notifications",
        )
        self._config = config
        self.logs = self._bucket(
            "logs", s3.LifecycleRule(expiration=cdk.Duration.days(config.sizes.log_days)), logged=False
        )
        self.landing = self._bucket("landing")
        self.lake = self._bucket(
            "lake",
            s3.LifecycleRule(
                transitions=[
                    s3.Transition(
                        storage_class=s3.StorageClass.INTELLIGENT_TIERING,
                        transition_after=cdk.Duration.days(30),
                    )
                ]
            ),
        )
        self.archives = self._bucket("archives")
        self.results = self._bucket(
            "results",
            s3.LifecycleRule(prefix=STAGING, expiration=cdk.Duration.days(1)),
            s3.LifecycleRule(prefix=ATHENA, expiration=cdk.Duration.days(7)),
        )
        self.key = kms.Key(
            self,
            "Key",
            alias=f"alias/{config.named('notifications')}",
            description="Notifications of the analytics platform",
            enable_key_rotation=True,
            removal_policy=self._removal,
        )
        self.notifications = self._topic()
        self.uploads_dead, self.uploads = self._queues("uploads")
        self.requests_dead, self.requests = self._queues("requests")
        self._tell_of_uploads()
        self._keep_what_was_delivered()
        self._let_balancers_log()
        for name in BUCKETS:
            cdk.CfnOutput(self, f"{name.capitalize()}Bucket", value=getattr(self, name).bucket_name)
        cdk.CfnOutput(self, "UploadsQueue", value=self.uploads.queue_url)
        cdk.CfnOutput(self, "RequestsQueue", value=self.requests.queue_url)
        cdk.CfnOutput(self, "NotificationsTopic", value=self.notifications.topic_arn)

    def arn(self, name: str) -> str:
        """Return the ARN of a bucket as text: a stack that takes it imports nothing and can be made first."""
        return f"arn:aws:s3:::{self._config.bucket(name)}"

    @property
    def _removal(self) -> cdk.RemovalPolicy:
        return cdk.RemovalPolicy.RETAIN if self._config.keeps_data else cdk.RemovalPolicy.DESTROY

    def _bucket(self, name: str, *rules: s3.LifecycleRule, logged: bool = True) -> s3.Bucket:
        """Make a bucket; of what was delivered an installation that keeps its data keeps old versions too."""
        cleaned = s3.LifecycleRule(
            abort_incomplete_multipart_upload_after=cdk.Duration.days(7),
            expired_object_delete_marker=True,
        )
        kept = self._config.keeps_data and name in {"landing", "lake"}
        days = 1 if name in {"results", "logs"} else 90  # what has expired is gone a day later
        old = [] if kept else [s3.LifecycleRule(noncurrent_version_expiration=cdk.Duration.days(days))]
        return s3.Bucket(
            self,
            name.capitalize(),
            bucket_name=self._config.bucket(name),
            versioned=True,
            encryption=s3.BucketEncryption.S3_MANAGED,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            enforce_ssl=True,
            minimum_tls_version=1.2,
            lifecycle_rules=[cleaned, *old, *rules],
            server_access_logs_bucket=self.logs if logged else None,
            server_access_logs_prefix=f"{ACCESS}{name}/" if logged else None,
            removal_policy=self._removal,
        )

    def _topic(self) -> sns.Topic:
        topic = sns.Topic(
            self,
            "Notifications",
            topic_name=self._config.named("notifications"),
            master_key=self.key,
            enforce_ssl=True,
        )
        for address in self._config.alerts:
            topic.add_subscription(subscriptions.EmailSubscription(address))
        for service in ("cloudwatch", "budgets", "events"):
            principal = iam.ServicePrincipal(f"{service}.amazonaws.com")
            # EventBridge takes no conditions in the policy of a topic.
            here = (
                None if service == "events" else {"StringEquals": {"aws:SourceAccount": self._config.account}}
            )
            self.key.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[principal],
                    actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                    resources=["*"],  # of a key's own policy: this key
                    conditions=here,
                )
            )
            topic.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[principal],
                    actions=["sns:Publish"],
                    resources=[topic.topic_arn],
                    conditions=here,
                )
            )
        return topic

    def _queues(self, name: str) -> tuple[sqs.Queue, sqs.Queue]:
        """Make a queue, the queue of its dead letters, and the alarm that tells of them."""
        dead = sqs.Queue(
            self,
            f"{name.capitalize()}Dead",
            queue_name=self._config.named(f"{name}-dead"),
            retention_period=cdk.Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
        )
        queue = sqs.Queue(
            self,
            name.capitalize(),
            queue_name=self._config.named(name),
            visibility_timeout=_HIDDEN,
            retention_period=cdk.Duration.days(14),
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=_MOST_RECEIVES, queue=dead),
        )
        cloudwatch.Alarm(
            self,
            f"{name.capitalize()}DeadLetters",
            alarm_name=self._config.named(f"{name}-dead-letters"),
            alarm_description=f"Of {name}: docs/runbook.md, Messages are in a dead-letter queue",
            metric=dead.metric_approximate_number_of_messages_visible(
                period=cdk.Duration.minutes(5), statistic="Maximum"
            ),
            threshold=0,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            evaluation_periods=1,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        ).add_alarm_action(actions.SnsAction(self.notifications))
        return dead, queue

    def _tell_of_uploads(self) -> None:
        """Let S3 tell queue and EventBridge, by the property: the way of the CDK adds a function for it."""
        self.uploads.add_to_resource_policy(
            iam.PolicyStatement(
                principals=[iam.ServicePrincipal("s3.amazonaws.com")],
                actions=["sqs:SendMessage"],
                resources=[self.uploads.queue_arn],
                conditions={
                    "StringEquals": {"aws:SourceAccount": self._config.account},
                    "ArnEquals": {
                        "aws:SourceArn": f"arn:{self.partition}:s3:::{self._config.bucket('landing')}"
                    },
                },
            )
        )
        bucket = self.landing.node.default_child
        if not isinstance(bucket, s3.CfnBucket):
            raise TypeError(bucket)
        bucket.notification_configuration = s3.CfnBucket.NotificationConfigurationProperty(
            event_bridge_configuration=s3.CfnBucket.EventBridgeConfigurationProperty(
                event_bridge_enabled=True
            ),
            queue_configurations=[
                s3.CfnBucket.QueueConfigurationProperty(
                    event="s3:ObjectCreated:*", queue=self.uploads.queue_arn
                )
            ],
        )
        self.landing.node.add_dependency(self.uploads)  # with its policy: S3 tries it when the bucket is made

    def _keep_what_was_delivered(self) -> None:
        """Let nobody delete a version of what was delivered; lifecycle rules are not asked."""
        for bucket, actions_ in ((self.landing, _DELETES), (self.lake, ["s3:DeleteObjectVersion"])):
            bucket.add_to_resource_policy(
                iam.PolicyStatement(
                    sid="KeepWhatWasDelivered",
                    effect=iam.Effect.DENY,
                    principals=[iam.AnyPrincipal()],
                    actions=actions_,
                    resources=[bucket.arn_for_objects("*")],
                )
            )

    def _let_balancers_log(self) -> None:
        """Let load balancers of this account leave their logs.

        The CDK would do so from the stack of the balancer, and this template would change with that stack.
        """
        account = region_info.RegionInfo.get(self._config.region).elbv2_account
        balancers: iam.IPrincipal = (
            iam.AccountPrincipal(account)  # of AWS, one a region
            if account
            else iam.ServicePrincipal("logdelivery.elasticloadbalancing.amazonaws.com")  # in newer regions
        )
        service = iam.ServicePrincipal("delivery.logs.amazonaws.com")
        place = self.logs.arn_for_objects(f"{BALANCER}AWSLogs/{self._config.account}/*")
        owned = {"StringEquals": {"s3:x-amz-acl": "bucket-owner-full-control"}}
        for principal, action, resource, conditions in (
            (balancers, "s3:PutObject", place, None),
            (service, "s3:PutObject", place, owned),
            (service, "s3:GetBucketAcl", self.logs.bucket_arn, None),
        ):
            self.logs.add_to_resource_policy(
                iam.PolicyStatement(
                    principals=[principal], actions=[action], resources=[resource], conditions=conditions
                )
            )
