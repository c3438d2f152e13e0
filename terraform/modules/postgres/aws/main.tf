# A server by Amazon RDS, which makes and keeps the administrator's password: it is in no state.
module "server" {
  source = "../"
  server = var.server
}

resource "aws_db_subnet_group" "this" {
  name       = var.server.name
  subnet_ids = var.subnet_ids
  tags       = module.server.tags
}

resource "aws_security_group" "this" {
  name        = "${var.server.name}-postgres"
  description = "Who may connect to ${var.server.name}"
  vpc_id      = var.vpc_id
  tags        = module.server.tags
}

resource "aws_vpc_security_group_ingress_rule" "this" {
  for_each = toset(var.server.allowed_from)

  security_group_id = aws_security_group.this.id
  cidr_ipv4         = each.value
  ip_protocol       = "tcp"
  from_port         = 5432
  to_port           = 5432
}

resource "aws_db_instance" "this" {
  identifier                  = var.server.name
  engine                      = "postgres"
  engine_version              = var.server.version
  instance_class              = var.server.machine
  allocated_storage           = var.server.storage_gb
  storage_encrypted           = true
  db_name                     = var.server.database
  username                    = module.server.administrator
  manage_master_user_password = true
  multi_az                    = var.server.highly_available
  backup_retention_period     = var.server.backup_days
  db_subnet_group_name        = aws_db_subnet_group.this.name
  vpc_security_group_ids      = [aws_security_group.this.id]
  publicly_accessible         = false
  deletion_protection         = true
  skip_final_snapshot         = false
  final_snapshot_identifier   = "${var.server.name}-final"
  copy_tags_to_snapshot       = true
  tags                        = module.server.tags
}
